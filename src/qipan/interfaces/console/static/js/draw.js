// @ts-check
/**
 * Draw every chart that the page has a place for, and draw again when light turns to dark.
 */

import { figure, theme } from "./theme.js";
import { mapOption, mostUsed, register } from "./map.js";
import { heatOption, useOption } from "./hours.js";
import { barsOption } from "./bars.js";
import { depthOption, linesOption } from "./lines.js";

const { echarts } = /** @type {any} */ (globalThis);
const charts = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("charts")).textContent ?? "{}");

/** @returns {Promise<import("./topojson.js").Topology>} The map: in the page itself, or beside it. */
async function topology() {
  const inPage = document.getElementById("geometry");
  return inPage ? JSON.parse(inPage.textContent ?? "") : (await fetch(charts.geometry)).json();
}

/** @param {any} chart @param {number} width @param {any} ground */
function option(chart, width, ground) {
  const colours = theme();
  switch (chart.kind) {
    case "use":
      return useOption(chart, colours, width);
    case "lines":
      return linesOption(chart, colours, width);
    case "depth":
      return depthOption(chart, colours);
    case "bars":
      return barsOption(chart, colours, width);
    case "heat":
      return heatOption(chart, colours, width);
    default:
      return mapOption(chart, colours, { ...ground, width });
  }
}

/** @param {string} name @param {string} text */
function write(name, text) {
  const place = document.querySelector(`[data-legend="${name}"]`);
  if (place) {
    place.textContent = text;
  }
}

/** @param {string} key @param {any} chart */
function legend(key, chart) {
  if (chart.kind === "map") {
    write("demand", `${figure(Math.max(0, ...Object.values(chart.demand)))} ${chart.unit}`);
    write("use", `${figure(100 * mostUsed(chart), 1)} %`);
  } else if (chart.kind === "heat") {
    write(`${key}-least`, figure(chart.least, 2));
    write(`${key}-most`, figure(chart.most, 2));
  }
}

const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-chart]")]);
const needsGround = places.some((place) => charts[place.dataset.chart ?? ""]?.kind === "map");
const ground = needsGround ? register(echarts, await topology()) : {};

for (const place of places) {
  const key = place.dataset.chart ?? "";
  const drawn = echarts.init(place, null, { renderer: "canvas" });
  const draw = () => drawn.setOption(option(charts[key], place.clientWidth, ground), true);
  drawn.on("finished", () => {
    place.dataset.ready = "1";
  });
  drawn.on("click", (/** @type {any} */ { value }) => {
    const { leads, day_slots: day } = charts[key];
    if (leads && Array.isArray(value)) {
      location.assign(`${leads[value[1]]}&slot=${value[0] < day ? value[0] : value[0] - 1}`);
    }
  });
  draw();
  legend(key, charts[key]);
  new ResizeObserver(() => {
    drawn.resize();
    draw();
  }).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
