/**
 * The page without the page: it says what is served here, signs in, and shows no data that it was not
 * given the key for.
 *
 * @module
 */

/** A file that is served. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The frame of every page: the same for everyone, with or without the key. */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>AgentGate</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/shell.css">
<script type="module" src="/assets/shell.js"></script>
</head>
<body>
<main>
<h1>AgentGate</h1>
<p id="state" role="status">This dashboard needs its key. <code>agentgate dashboard</code> prints a
link that signs in by itself.</p>
<form id="sign-in"><label>Key <input id="key" type="password" autocomplete="off" required></label>
<button>Sign in</button></form>
<pre id="answer" hidden></pre>
</main>
</body>
</html>
`;

const SCRIPT = `const state = document.getElementById("state");
const form = document.getElementById("sign-in");
const answer = document.getElementById("answer");
const fragment = new URLSearchParams(location.hash.slice(1)).get("key");
if (fragment !== null) {
  sessionStorage.setItem("agentgate_token", fragment);
  history.replaceState(null, "", location.pathname + location.search);
}
async function show() {
  const key = sessionStorage.getItem("agentgate_token");
  if (key === null) return;
  const headers = { authorization: "Bearer " + key };
  const response = await fetch("/api/overview", { headers }).catch(() => null);
  if (response === null) state.textContent = "The gateway that served this is gone. Another may take over: reload.";
  else if (response.status === 401) {
    state.textContent = "That is not the key.";
    sessionStorage.removeItem("agentgate_token");
  } else {
    state.textContent = "Signed in. The page itself is still to come; this is /api/overview:";
    form.hidden = true;
    answer.hidden = false;
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("agentgate_token", document.getElementById("key").value);
  void show();
});
void show();
`;

const STYLE = `:root { color-scheme: light dark; font: 14px/20px system-ui, sans-serif; }
main { max-width: 44rem; margin: 10vh auto; padding: 0 1rem; }
[hidden] { display: none; }
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">` +
  `<rect width="16" height="16" rx="4" fill="#0b57d0"/></svg>`;

/** The files of the page, by name. */
export const ASSETS: Readonly<Record<string, Asset>> = Object.freeze({
  "shell.js": { type: "text/javascript; charset=utf-8", body: SCRIPT },
  "shell.css": { type: "text/css; charset=utf-8", body: STYLE },
  "icon.svg": { type: "image/svg+xml", body: ICON },
});

/** The paths of the five pages. */
export const PAGES: readonly string[] = Object.freeze([
  "/",
  "/activity",
  "/violations",
  "/analytics",
  "/settings",
]);
