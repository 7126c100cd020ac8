// @ts-check
/**
 * The metered day as a map with a slider over its hours, its regions shaded by what is chosen.
 */

import { figure, theme } from "./theme.js";
import { mapOption, register } from "./map.js";

const { echarts } = /** @type {any} */ (globalThis);
const place = document.getElementById("atlas");

if (place) {
  const { atlas, geometry } = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("charts")).textContent ?? "{}");
  const slider = /** @type {HTMLInputElement} */ (document.getElementById("hour"));
  const choice = /** @type {HTMLSelectElement} */ (document.getElementById("shade"));
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

  /** The largest value of the whole day, so that a colour means the same in each of its hours. @param {string} key */
  const mostOf = (key) =>
    Math.max(...atlas.hours.flatMap((/** @type {any} */ { regions }) => Object.values(regions[key] ?? {})), ...Object.values(atlas.day[key] ?? {}), 1e-9);
  const useMost = Math.max(1e-9, ...atlas.hours.map((/** @type {any} */ { sites }) => Math.max(0, ...sites.map((/** @type {any} */ site) => site.used_share ?? 0))));

  const draw = () => {
    const { label, regions, sites } = atlas.hours[Number(slider.value)];
    const shade = atlas.shades.find((/** @type {any} */ { key }) => key === choice.value);
    const { key, title, unit, digits = 0, least = 0 } = shade;
    const demand = regions[shade.key] ?? atlas.day[shade.key];
    const most = Math.max(least, mostOf(key));
    const words = { ...atlas.words, demand: title };
    const board = { ...atlas, kind: "map", words, demand, least, most, use_most: useMost, is_dense: true, digits, demand_unit: unit, sites, origins: [], flows: [] };
    drawn.setOption(mapOption(board, theme(), { ...ground, width: place.clientWidth }), true);
    told.textContent = label;
    slider.setAttribute("aria-valuetext", label);
    write("shade", title);
    write("least", figure(least, least ? digits : 0));
    write("demand", `${figure(most, digits)} ${unit}`);
    write("use", `${figure(100 * useMost, 1)} %`);
  };

  slider.max = String(atlas.hours.length - 1);
  slider.value = String(Math.floor(atlas.hours.length / 2));
  slider.addEventListener("input", draw);
  choice.addEventListener("change", draw);
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
