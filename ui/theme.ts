/** Runs before anything is painted, so that a page never flashes in the other theme. */
const chosen = localStorage.getItem("agentgate_theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
