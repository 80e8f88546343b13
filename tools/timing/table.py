"""The comparison as a table in Markdown, and its place in README.md."""
import re

from rows import met

HEAD = ['| work | Sluice | instead | Sluice to it | aim |', '| --- | --- | --- | --- | --- |']
PLACE = re.compile(r'(<!-- bench -->\n).*?(<!-- /bench -->)', re.DOTALL)


def ours(side):
    return side.split(',')[0] == 'Sluice'


def short(side):
    """`Sluice, 4 cameras` is `4 cameras` where it stands under Sluice."""
    return side.removeprefix('Sluice').removeprefix(', ')


def told(row, result, wanted):
    for side in filter(wanted, row.sides):
        name = short(side) + ': ' if short(side) else ''
        if side in result['missing']:
            yield name + result['missing'][side]
        elif side in result['figures']:
            yield name + row.shows.format(**result['figures'][side])


def sign(aim):
    return '≥' if aim.more else '≤'


def bound(aim):
    """p99_ms: `p99 ≤ 100 ms`."""
    name, _, unit = aim.figure.partition('_')
    return ' '.join([name, sign(aim), '%g' % aim.aim, {'us': 'µs'}.get(unit, unit)]).strip()


def ratios(row, result):
    for ratio in row.ratios:
        if ratio.name in result['ratios']:
            of = short(ratio.of) + ' ' if short(ratio.of) else ''
            yield of + '%.2f × %s' % (result['ratios'][ratio.name], short(ratio.to))


def aims(row, result):
    """What is aimed at, and whether it is missed."""
    for aim, text, value in (
            *((r, '%s %g × %s' % (sign(r), r.aim, short(r.to)), result['ratios'].get(r.name))
              for r in row.ratios if r.aim is not None),
            *((b, bound(b), result['figures'].get(b.of, {}).get(b.figure))
              for b in row.bounds)):
        yield text if value is None or met(aim, value) else '**missed:** ' + text


def lines(rows, results):
    yield from HEAD
    for row in rows:
        if row.id in results:
            result = results[row.id]
            cells = [told(row, result, ours), told(row, result, lambda side: not ours(side)),
                     ratios(row, result), aims(row, result)]
            yield '| %s |' % ' | '.join([row.work, *('; '.join(cell) or '–' for cell in cells)])


def put_into(path, text):
    """Replaces what stands between the two marks."""
    with open(path) as file:
        old = file.read()
    new, found = PLACE.subn(lambda match: match[1] + text + '\n' + match[2], old)
    if found != 1:
        raise SystemExit('%s: <!-- bench --> and <!-- /bench --> must stand there once' % path)
    with open(path, 'w') as file:
        file.write(new)
