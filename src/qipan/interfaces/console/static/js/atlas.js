// @ts-check
/**
 * The metered day as a map with a slider over its hours.
 */

import { figure, theme } from "./theme.js";
import { mapOption, mostUsed, register } from "./map.js";

const { echarts } = /** @type {any} */ (globalThis);
const place = document.getElementById("atlas");

if (place) {
  const { atlas, geometry } = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("charts")).textContent ?? "{}");
  const slider = /** @type {HTMLInputElement} */ (document.getElementById("hour"));
  const told = /** @type {HTMLOutputElement} */ (document.getElementById("hour-label"));
  const ground = register(echarts, await (await fetch(geometry)).json());
  const drawn = echarts.init(place, null, { renderer: "canvas" });

  /** @param {string} name @param {string} text */
  const write = (name, text) => {
    const at = document.querySelector(`[data-legend="${name}"]`);
    if (at) {
      at.textContent = text;
    }
  };

  const draw = () => {
    const { label, demand, sites } = atlas.hours[Number(slider.value)];
    const board = { ...atlas, kind: "map", demand, sites, origins: [], flows: [] };
    drawn.setOption(mapOption(board, theme(), { ...ground, width: place.clientWidth }), true);
    told.textContent = label;
    slider.setAttribute("aria-valuetext", label);
    write("demand", `${figure(Math.max(0, ...Object.values(demand)))} ${atlas.unit}`);
    write("use", `${figure(100 * mostUsed(board), 1)} %`);
  };

  slider.max = String(atlas.hours.length - 1);
  slider.value = String(Math.floor(atlas.hours.length / 2));
  slider.addEventListener("input", draw);
  drawn.on("finished", () => {
    place.dataset.ready = "1";
  });
  draw();
  new ResizeObserver(() => {
    drawn.resize();
    draw();
  }).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
