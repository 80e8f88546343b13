"""A hub's dashboard, asked over HTTP as a program would."""
import http.client, json, time

LIMIT = 60  # seconds, for whatever is waited for


class Dashboard:
    def __init__(self, address):
        self.address = address

    def get(self, path):
        """Status and body."""
        connection = http.client.HTTPConnection(self.address, timeout=LIMIT)
        try:
            connection.request('GET', path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, path):
        status, body = self.get(path)
        if status != 200:
            raise SystemExit('the dashboard answered %d to %s: %s' % (status, path, body.decode(errors='replace')))
        return json.loads(body)

    def wait_until(self, what, holds):
        end = time.monotonic() + LIMIT
        while not holds():
            if time.monotonic() > end:
                raise SystemExit('a dashboard: %s: not in %d s' % (what, LIMIT))
            time.sleep(0.05)

    def wait_until_drawn(self):
        """It listens and has drawn the graph, which is done once: no frame's cost."""
        def drawn():
            try:
                return self.get('/graph.svg')[0] != 202
            except ConnectionRefusedError:
                return False
        self.wait_until('the graph is drawn', drawn)

    def wait_for_sources(self, count, stage):
        """So many have reached that stage: a montage is of the sources that have come."""
        def come():
            sources = self.json('/graph.json')['report']['stages'][stage]['sources']
            return sum(source['in'] > 0 for source in sources.values()) == count
        self.wait_until('%d sources have come' % count, come)

    def wait_until_left(self):
        self.wait_until('all viewers have left', lambda: self.json('/sources.json')['viewers'] == 0)

    def during(self, seconds):
        """The graph's report of so long from now; nobody else may ask for figures meanwhile."""
        figures = lambda: self.json('/graph.json')
        before = figures()['report']['wall_s']
        # They are taken anew when asked for, but not twice within a second.
        self.wait_until('new figures', lambda: figures()['report']['wall_s'] != before)
        time.sleep(seconds)
        return figures()['recent']
