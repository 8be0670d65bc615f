/**
 * The frame of every page: the same for everyone, with or without the key. It shows where one is
 * before any script has run, and loads what that page needs.
 *
 * @module
 */

import { ENTRY } from "./assets.gen.ts";
import { type PageInfo, PAGES } from "./pages.ts";

/** Makes the frame of a page. */
export function frameOf(page: PageInfo): string {
  const { style, theme, script, icon, parts, pages } = ENTRY, own = pages[page.name]!;
  const links = PAGES.map(({ path, title }) =>
    `<a href="${path}"${path === page.path ? ` aria-current="page"` : ""}>${title}</a>`
  ).join("");
  const preloads = own.modules.map((name) =>
    `<link rel="modulepreload" href="/assets/${name}">
`
  ).join("");
  const styles = [
    ...Object.entries(pages).map(([name, { style }]) => [name, style]),
    ...Object.entries(parts),
  ].map(([name, style]) => ` data-${name}="${style}"`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} – AgentGate</title>
<link rel="icon" href="/assets/${icon}">
<link rel="stylesheet" href="/assets/${style}">
<link rel="stylesheet" href="/assets/${own.style}">
${preloads}<script src="/assets/${theme}"></script>
<script type="module" src="/assets/${script}"></script>
</head>
<body${styles}>
<div id="app"><header class="top"><a class="brand" href="/"><i></i>AgentGate</a>` +
    `<nav aria-label="Pages">${links}</nav></header>
<main><h1>${page.title}</h1><noscript><p>This page is made by a script. Without one,
<code>agentgate logs</code> shows the same calls.</p></noscript></main></div>
</body>
</html>
`;
}
