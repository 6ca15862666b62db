"use strict";
(() => {
  const place = document.getElementById("switch-worlds");
  if (!place) return;
  const data = JSON.parse(place.textContent);
  const figure = document.getElementById("switch-figure");
  const frame = Object.fromEntries(Object.entries(figure.dataset).map(([name, value]) => [name, Number(value)]));
  const last = data.days[data.days.length - 1] || 1;
  const heights = (steps) => {
    let total = 0;
    return steps.split(" ").map((step) => (total += Number(step)));
  };
  const points = (line) => heights(line).map((value, k) => {
    const x = frame.left + (frame.width * data.days[k]) / last;
    const y = frame.top + frame.height * (1 - value / frame.most);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const draw = (name, world) => {
    const [low, median, high] = world.slice(0, 3).map(points);
    document.querySelector(`#switch-${name}-line polyline`).setAttribute("points", median.join(" "));
    const area = [...high, ...low.reverse()].join(" ");
    document.querySelector(`#switch-${name}-band polygon`).setAttribute("points", area);
  };
  const boxes = [...document.querySelectorAll("#switches input[type=checkbox]")];
  const variant = document.getElementById("switch-variant");
  const show = () => {
    const mask = boxes.reduce((sum, box, g) => sum + (box.checked ? 2 ** g : 0), 0);
    const worlds = data.worlds[variant.value];
    draw("minus", worlds[0]);
    draw("world", worlds[mask]);
    const gone = data.groups.filter((_, g) => boxes[g].checked);
    document.getElementById("switch-removed").textContent = gone.length ? gone.join(", ") : "nothing";
    document.getElementById("switch-actual").textContent = worlds[0][3];
    document.getElementById("switch-total").textContent = worlds[mask][3];
    document.getElementById("switch-difference").textContent = worlds[mask][4];
  };
  const all = (gone) => () => {
    boxes.forEach((box) => { box.checked = gone; });
    show();
  };
  document.getElementById("switch-all").addEventListener("click", all(true));
  document.getElementById("switch-none").addEventListener("click", all(false));
  [...boxes, variant].forEach((control) => control.addEventListener("change", show));
  document.getElementById("switches").hidden = false;
  show();
})();
