// Start page: what answers at `/`, with links and a few queries to begin with.

/** Complete HTML; nothing in it comes from a request. */
export const startPage = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tailrace</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #1b2430; background: #fff }
h1 { margin-bottom: 0 } code, pre { font: 14px/1.45 ui-monospace, monospace; background: #f2f4f7; border-radius: 4px }
code { padding: .1em .3em } pre { padding: .8rem 1rem; overflow-x: auto } a { color: #0b5cad }
@media (prefers-color-scheme: dark) { body { color: #dde3ea; background: #12161b } code, pre { background: #1d242c } a { color: #7db8f0 } }
</style>
</head>
<body>
<main>
<h1>Tailrace</h1>
<p>The api answers here. Logs are sent to the collector; this is where they are found again.</p>
<ul>
<li><a href="/graphql">/graphql</a> opens GraphiQL; the same path speaks GraphQL by HTTP, WebSocket and server-sent events.</li>
<li><a href="/health/live">/health/live</a>, <a href="/health/ready">/health/ready</a>, <a href="/metrics">/metrics</a></li>
</ul>
<h2>To begin with</h2>
<p>Send a line:</p>
<pre>curl -d '{"level":"error","service":"shop","msg":"it works"}' http://127.0.0.1:4080/ingest</pre>
<p>Find it:</p>
<pre>{ logs(query: "service:shop level:error", first: 10) { totalCount nodes { timestamp body attributes } } }</pre>
<p>Watch what follows, live:</p>
<pre>subscription { tail(query: "level:error") { rows { timestamp service body } matched dropped } }</pre>
<p>See that nothing is missing:</p>
<pre>{ ledger { received stored dropped rejected balanced } }</pre>
</main>
</body>
</html>
`
