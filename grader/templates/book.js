// Without this script every page reads the same; it opens what an address points into,
// what is printed, and on the index it narrows the list of mistakes to a symptom.
"use strict";
function open_around(element) {
  for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
}
function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) { open_around(target); target.scrollIntoView(); }
}
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => document.querySelectorAll("details.each")
  .forEach(one => { one.open = true; }));
follow();

const box = document.getElementById("symptom");
if (box) {
  const list = document.getElementById("hits"), said = document.getElementById("said");
  const all = [...list.children], most = 60;
  function find() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = all.filter(one => words.every(word => one.dataset.text.includes(word)));
    const plainly = one => words.every(word => one.textContent.toLowerCase().includes(word));
    hits.sort((a, b) => plainly(b) - plainly(a));
    list.replaceChildren(...(words.length ? hits.slice(0, most) : []));
    const more = hits.length > most ? `, the first ${most} shown` : "";
    said.textContent = words.length
      ? `${hits.length} of ${all.length} mistakes fit${more}.`
      : `${all.length} mistakes. Each word that you write has to fit.`;
  }
  box.addEventListener("input", find);
  document.querySelectorAll("button[data-words]").forEach(button => {
    button.hidden = false;
    button.addEventListener("click", () => { box.value = button.dataset.words; find(); box.focus(); });
  });
  document.getElementById("all").open = true;
  document.getElementById("all-head").hidden = true;
  find();
}
