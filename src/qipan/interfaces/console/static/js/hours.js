// @ts-check
/**
 * The day hour by hour: use stacked by site, prices as a heat map. What lies after the day is set apart.
 */

import { basics, figure } from "./theme.js";

/**
 * @typedef {{slots: string[], day_slots: number, unit: string, words: Record<string, string>}} Hours
 * @typedef {Hours & {series: {name: string, values: number[]}[], planned: {name: string, values: number[]}, capacity: {name: string, values: number[]}}} Use
 * @typedef {Hours & {hue: string, names: string[], values: (number | null)[][], least: number, most: number}} Heat
 */

/** @param {Use} use @param {import("./theme.js").Theme} colours @param {number} width */
export function useOption(use, colours, width) {
  const bars = use.series.map(({ name, values }, index) => ({
    type: "bar",
    name,
    stack: "use",
    barCategoryGap: "12%",
    itemStyle: { color: colours.hues[index % colours.hues.length] },
    data: values.map((value, slot) => ({ value, itemStyle: { opacity: slot < use.day_slots ? 1 : 0.45 } })),
  }));
  /** @param {{name: string, values: number[]}} line @param {object} style */
  const line = ({ name, values }, style) => ({ type: "line", name, data: values, symbol: "none", step: "middle", ...style });
  return {
    ...basics(colours),
    legend: { type: "scroll", bottom: 0, textStyle: { color: colours.ink }, pageTextStyle: { color: colours.ink }, pageIconColor: colours.ink, itemWidth: 14, itemHeight: 10 },
    grid: { left: 8, right: 12, top: 34, bottom: 44, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      trigger: "axis",
      formatter: (/** @type {any[]} */ rows) =>
        [use.slots[rows[0].dataIndex], ...rows.map(({ seriesName, value }) => `${seriesName}  ${figure(value)}`)].join("\n"),
    },
    xAxis: slotAxis(use, colours, width),
    yAxis: {
      type: "value",
      name: use.unit,
      nameTextStyle: { color: colours.soft, align: "left" },
      axisLabel: { color: colours.soft },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      ...bars,
      line(use.planned, { color: colours.ink, lineStyle: { type: [5, 4], width: 1.6, color: colours.ink } }),
      line(use.capacity, { color: colours.soft, lineStyle: { width: 1.6, color: colours.soft }, markArea: outlook(use, colours) }),
    ],
  };
}

/** @param {Heat} heat @param {import("./theme.js").Theme} colours @param {number} width */
export function heatOption(heat, colours, width) {
  return {
    ...basics(colours),
    grid: { left: 8, right: 12, top: 34, bottom: 8, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      formatter: (/** @type {any} */ { value: [slot, site, price] }) =>
        `${heat.names[site]}  ${heat.slots[slot]}\n${figure(price, 3)} ${heat.unit}`,
    },
    xAxis: slotAxis(heat, colours, width),
    yAxis: {
      type: "category",
      inverse: true,
      data: heat.names,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colours.ink, width: width > 600 ? 200 : 92, overflow: "truncate", fontSize: width > 600 ? 12 : 11 },
    },
    visualMap: { show: false, min: heat.least, max: heat.most > heat.least ? heat.most : heat.least + 1, dimension: 2, inRange: { color: colours.ramp(heat.hue) } },
    series: [
      {
        type: "heatmap",
        itemStyle: { borderColor: colours.surface, borderWidth: 1 },
        data: heat.values.flatMap((row, site) =>
          row.map((price, slot) => ({ value: [slot, site, price ?? "-"], itemStyle: { opacity: slot < heat.day_slots ? 1 : 0.55 } })),
        ),
        markLine: boundary(heat, colours),
      },
    ],
  };
}

/** @param {Hours} hours @param {import("./theme.js").Theme} colours @param {number} width */
function slotAxis(hours, colours, width) {
  return {
    type: "category",
    data: hours.slots,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.soft, interval: width > 600 ? 2 : 5, fontSize: 11, formatter: (/** @type {string} */ slot) => slot.slice(-5) },
  };
}

/** @param {Hours} hours @param {import("./theme.js").Theme} colours */
function outlook(hours, colours) {
  if (hours.slots.length === hours.day_slots) {
    return undefined;
  }
  const label = { show: true, position: "insideTop", color: colours.soft, formatter: hours.words.outlook };
  const itemStyle = { color: colours.line, opacity: 0.35 };
  return { silent: true, label, itemStyle, data: [[{ xAxis: hours.day_slots }, { xAxis: hours.slots.length - 1 }]] };
}

/** @param {Hours} hours @param {import("./theme.js").Theme} colours */
function boundary(hours, colours) {
  if (hours.slots.length === hours.day_slots) {
    return undefined;
  }
  const label = { show: true, position: "end", align: "left", color: colours.soft, formatter: `${hours.words.outlook} →` };
  const lineStyle = { color: colours.ink, type: "solid", width: 1.5 };
  return { silent: true, symbol: "none", label, lineStyle, data: [{ xAxis: hours.day_slots - 0.5 }] };
}
