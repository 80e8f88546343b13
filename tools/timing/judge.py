"""Compares ratios with the recorded ones. Figures are the machine's; ratios are Sluice's."""

TOLERANCE = 0.1


def is_worse(ratio, was, now):
    return now < was * (1 - TOLERANCE) if ratio.more else now > was * (1 + TOLERANCE)


def worse(rows, results, recorded):
    """(row, ratio, was, is) of what got worse by more than the tolerance."""
    return [(row, ratio, recorded[row.id][ratio.name], results[row.id]['ratios'][ratio.name])
            for row in rows for ratio in row.ratios
            if ratio.name in recorded.get(row.id, {}) and ratio.name in results.get(row.id, {}).get('ratios', {})
            and is_worse(ratio, recorded[row.id][ratio.name], results[row.id]['ratios'][ratio.name])]


def not_measured(results, recorded):
    """(row's id, ratio's name, why) of what is recorded and was not measured."""
    for row, ratios in recorded.items():
        result = results.get(row)
        for ratio in ratios:
            if not result:
                yield row, ratio, 'the row was not measured'
            elif ratio not in result['ratios']:
                why = '; '.join('%s %s' % each for each in result['missing'].items())
                yield row, ratio, why or 'no row has it any more'
