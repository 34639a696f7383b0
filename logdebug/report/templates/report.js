"use strict";
// Sorts the table by the column whose heading is pressed; a second press turns the order round.
for (const button of document.querySelectorAll("th button")) {
  button.disabled = false;
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const body = heading.closest("table").tBodies[0];
    const upward = heading.getAttribute("aria-sort") !== "ascending";
    const key = (row) => row.cells[heading.cellIndex].dataset.key ?? row.cells[heading.cellIndex].textContent;
    const sign = upward ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => sign * key(a).localeCompare(key(b), "en", { numeric: true }));
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", upward ? "ascending" : "descending");
    body.append(...rows);
  });
}
// Filters the table and the incidents below it: by every word typed, anywhere in an incident, and by severity.
const tools = document.querySelector(".tools");
if (tools) {
  const entries = [...document.querySelectorAll("tr[data-incident]")].map((row) => {
    const article = document.getElementById(`incident-${row.dataset.incident}`);
    return { row, article, severity: row.dataset.severity, text: `${row.textContent} ${article?.textContent ?? ""}`.toLowerCase() };
  });
  const input = tools.querySelector("input");
  const toggles = [...tools.querySelectorAll("button")];
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(toggles.filter((toggle) => toggle.ariaPressed === "false").map((toggle) => toggle.dataset.severity));
    let shown = 0;
    for (const { row, article, severity, text } of entries) {
      const fits = !off.has(severity) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      if (article) article.hidden = !fits; // a very long report tells of the worst ones only
      shown += fits;
    }
    tools.querySelector("output").textContent = shown === entries.length ? "" : `${shown} of ${entries.length} shown`;
    document.querySelector(".none").hidden = shown > 0;
  };
  input.addEventListener("input", apply);
  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      toggle.ariaPressed = toggle.ariaPressed === "true" ? "false" : "true";
      apply();
    });
  }
  // A link to an incident that is filtered out shows it again.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.hidden) return;
    input.value = "";
    for (const toggle of toggles) toggle.ariaPressed = "true";
    apply();
    target.scrollIntoView();
  });
  tools.hidden = entries.length < 2;
}
