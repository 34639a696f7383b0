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
