"use strict";
(function () {
  const table = document.querySelector(".fleet table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells).filter((th) => th.dataset.key);
  const chips = Array.from(document.querySelectorAll(".chips button"));
  const site = document.getElementById("site");
  const find = document.getElementById("find");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const first = { state: "", site: "", find: "", sort: "verdict", down: "" };
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  let view = { ...first };
  let sorted = "";

  function fits(row) {
    const state = !view.state || row.dataset.state === view.state || (view.state === "control" && row.dataset.control === "1");
    const place = !view.site || row.dataset.site === view.site;
    return state && place && texts.get(row).includes(view.find.trim().toLowerCase());
  }

  function value(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.v === undefined) return cell.textContent.trim() || null;
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  }

  function compare(a, b) {
    return typeof a === "number" ? a - b : order.compare(a, b);
  }

  // A scanner without a value comes last, whichever way the others are sorted.
  function sort() {
    const asked = view.sort + view.down;
    if (asked === sorted) return;
    sorted = asked;
    const heading = headings.find((th) => th.dataset.key === view.sort) || headings.find((th) => th.dataset.key === first.sort);
    for (const th of headings) th.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", view.down ? "descending" : "ascending");
    const values = new Map(rows.map((row) => [row, value(row, heading.cellIndex)]));
    rows.sort(function (one, other) {
      const a = values.get(one), b = values.get(other);
      const apart = a === null || b === null ? (a === null) - (b === null) : (view.down ? -1 : 1) * compare(a, b);
      return apart || one.dataset.order - other.dataset.order;
    });
    body.append(...rows);
  }

  function show() {
    let count = 0;
    for (const row of rows) {
      row.hidden = !fits(row);
      if (!row.hidden) count += 1;
    }
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.state === view.state));
    shown.textContent = shown.dataset.said.replace("%", count);
    none.hidden = count > 0;
    sort();
  }

  function address() {
    const said = new URLSearchParams();
    for (const name in view) if (view[name] !== first[name]) said.set(name, view[name]);
    return said.toString();
  }

  // The view stands in the address, so that it can be kept as a bookmark; the history is left alone.
  function keep() {
    if (address() !== location.hash.slice(1)) location.replace("#" + address());
    show();
  }

  function read() {
    if (address() === location.hash.slice(1)) return;
    view = { ...first };
    for (const [name, said] of new URLSearchParams(location.hash.slice(1))) if (name in first) view[name] = said;
    find.value = view.find;
    if (site) site.value = view.site;
    show();
  }

  for (const chip of chips) chip.addEventListener("click", function () { view.state = chip.dataset.state; keep(); });
  for (const th of headings) th.querySelector("button").addEventListener("click", function () {
    view.down = th.getAttribute("aria-sort") === "ascending" ? "1" : "";
    view.sort = th.dataset.key;
    keep();
  });
  if (site) site.addEventListener("change", function () { view.site = site.value; keep(); });
  find.addEventListener("input", function () { view.find = find.value; keep(); });
  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest && event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); find.focus(); }
    if (event.key === "Escape" && event.target === find) { find.value = ""; view.find = ""; keep(); }
  });
  window.addEventListener("hashchange", read);
  document.querySelector(".fleet .bar").hidden = false;
  read();
})();
