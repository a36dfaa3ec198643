"use strict";
(() => {
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];

  // Filters: a row is shown if its text contains every search word.
  for (const tools of all("[data-filter]")) {
    const section = document.getElementById(tools.dataset.filter);
    const search = tools.querySelector("input[type=search]");
    const changed = tools.querySelector("input[type=checkbox]");
    const count = tools.querySelector("output");
    const groups = all("[data-group]", section).reverse();
    const open = new Map(all("details[data-group]", section).map((group) => [group, group.open]));
    const rows = all("[data-group] tbody > tr", section).map((row) => {
      const step = row.closest("[data-item]");
      const heading = step ? step.querySelector("summary").textContent : "";
      return { row, text: (heading + " " + row.textContent).toLowerCase(), changed: row.classList.contains("changed") };
    });
    const bare = all("[data-item]", section).filter((item) => !item.querySelector("tbody"));

    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const only = Boolean(changed && changed.checked);
      const active = words.length > 0 || only;
      let shown = 0;
      for (const one of rows) {
        const matches = (!only || one.changed) && words.every((word) => one.text.includes(word));
        one.row.hidden = !matches;
        shown += matches;
      }
      for (const item of bare) {
        item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
      }
      for (const group of groups) {
        group.hidden = active && !group.querySelector("tbody > tr:not([hidden])") &&
          !bare.some((item) => !item.hidden && group.contains(item));
        if (group.parentElement.matches("[data-item]")) group.parentElement.hidden = group.hidden;
        if (open.has(group)) group.open = active ? !group.hidden : open.get(group);
      }
      count.textContent = active ? `${shown} of ${rows.length} shown` : "";
    };
    search.addEventListener("input", apply);
    if (changed) changed.addEventListener("change", apply);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { search.value = ""; apply(); }
    });
    tools.hidden = false;
  }

  // Theme: cycles through system, light and dark.
  const button = document.getElementById("theme");
  const themes = ["", "light", "dark"];
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    button.textContent = `Theme: ${next || "system"}`;
  });
  button.hidden = false;

  // A link to a collapsed or filtered element reveals it.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      at.hidden = false;
      if (at.matches("details")) at.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Expand everything for printing.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
})();
