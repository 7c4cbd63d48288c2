/** The page `/_/`: what all machines do, live. Filled by {@link ./client.ts}. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Machines – ipxetool</title>
<link rel="stylesheet" href="/_/style.css">
<link rel="icon" href="data:,">
<script src="/_/app.js" defer></script>
</head>
<body>
<header>
<h1>Machines</h1>
<p id="summary" role="status" aria-live="polite">connecting …</p>
</header>
<main>
<p id="empty" hidden>No machine was heard of yet. Switch one on: it appears here with its first request.</p>
<ul id="machines"></ul>
</main>
<footer><a href="/_/api/machines">JSON</a> <a href="/_/metrics">metrics</a> <a href="/preview/index.html">preview of the menus</a></footer>
<noscript><p>This page needs JavaScript. The same as text: <a href="/_/api/machines">/_/api/machines</a></p></noscript>
</body>
</html>
`
