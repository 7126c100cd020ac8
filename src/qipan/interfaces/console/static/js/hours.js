// @ts-check
/**
 * The day hour by hour: use stacked by site, prices as a heat map. What lies after the day is set apart.
 */

import { basics, figure, wrapped } from "./theme.js";

/**
 * @typedef {{slots: string[], day_slots: number, unit: string, words: Record<string, string>}} Hours
 * @typedef {{name: string, values: (number | null)[]}} Line
 * @typedef {Hours & {series: Line[], planned?: Line, capacity?: Line}} Use
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
    data: spread(use, values.map((value, slot) => ({ value, itemStyle: { opacity: slot < use.day_slots ? 1 : 0.45 } }))),
  }));
  const busiest = Math.max(...(use.planned?.values ?? []).map(Number), ...use.slots.map((_, slot) => sum(use.series.map(({ values }) => values[slot]))));
  const capacity = Math.max(0, ...(use.capacity?.values ?? []).map(Number));
  // A line far above everything else would press it to the ground; the axis then names the capacity instead.
  const isFar = capacity > 2.5 * busiest;
  /** @param {Line} line @param {object} style */
  const line = ({ name, values }, style) => ({ type: "line", name, data: spread(use, values), symbol: "none", step: "middle", ...style });
  return {
    ...basics(colours),
    legend: { type: "scroll", bottom: 0, textStyle: { color: colours.ink }, pageTextStyle: { color: colours.ink }, pageIconColor: colours.ink, itemWidth: 14, itemHeight: 10 },
    grid: { left: 8, right: 12, top: 56, bottom: 44, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      trigger: "axis",
      formatter: (/** @type {any[]} */ rows) =>
        [rows[0].axisValue, ...rows.filter(({ value }) => value > 0).map(({ seriesName, value }) => `${seriesName}  ${figure(value)}`)].join("\n"),
    },
    xAxis: slotAxis(use, colours, width),
    yAxis: {
      type: "value",
      name: isFar && use.capacity ? `${use.unit} (${use.capacity.name} ${figure(capacity)})` : use.unit,
      nameGap: 28,
      nameTextStyle: { color: colours.soft, align: "left" },
      axisLabel: { color: colours.soft },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      ...bars,
      ...(use.planned ? [line(use.planned, { color: colours.ink, lineStyle: { type: [5, 4], width: 1.6, color: colours.ink }, markArea: outlook(use, colours, 0.35) })] : []),
      ...(isFar || !use.capacity ? [] : [line(use.capacity, { color: colours.soft, lineStyle: { width: 1.6, color: colours.soft } })]),
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
        `${heat.names[site]}  ${spread(heat, heat.slots)[slot]}\n${figure(price, 3)} ${heat.unit}`,
    },
    xAxis: slotAxis(heat, colours, width),
    yAxis: {
      type: "category",
      inverse: true,
      data: heat.names,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: {
        color: colours.ink,
        fontSize: width > 600 ? 12 : 10,
        lineHeight: width > 600 ? 14 : 11,
        formatter: (/** @type {string} */ name) => wrapped(name, width > 600 ? 20 : 12),
      },
    },
    visualMap: { show: false, min: heat.least, max: heat.most > heat.least ? heat.most : heat.least + 1, dimension: 2, inRange: { color: colours.ramp(heat.hue) } },
    series: [
      {
        type: "heatmap",
        itemStyle: { borderColor: colours.surface, borderWidth: 1 },
        data: heat.values.flatMap((row, site) =>
          row.map((price, slot) => ({
            value: [slot < heat.day_slots ? slot : slot + 1, site, price ?? "-"],
            itemStyle: { opacity: slot < heat.day_slots ? 1 : 0.55 },
          })),
        ),
        markArea: outlook(heat, colours, 0),
      },
    ],
  };
}

/** @param {Hours} hours @param {import("./theme.js").Theme} colours @param {number} width */
function slotAxis(hours, colours, width) {
  return {
    type: "category",
    data: spread(hours, hours.slots, " "),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: {
      color: colours.soft,
      fontSize: 11,
      interval: (/** @type {number} */ at) => (at <= hours.day_slots ? at : at - 1) % (width > 600 ? 3 : 12) === 0 && at !== hours.day_slots,
      formatter: (/** @type {string} */ slot) => slot.slice(-5),
    },
  };
}

/**
 * Set the outlook apart from the day by one empty place.
 *
 * @template T
 * @param {Hours} hours @param {T[]} values @param {any} [gap]
 * @returns {T[]}
 */
function spread(hours, values, gap = null) {
  const { day_slots: day } = hours;
  return values.length === day ? values : [...values.slice(0, day), gap, ...values.slice(day)];
}

/** @param {(number | null)[]} values */
function sum(values) {
  return values.reduce((/** @type {number} */ whole, value) => whole + (value ?? 0), 0);
}

/** @param {Hours} hours @param {import("./theme.js").Theme} colours @param {number} opacity */
function outlook(hours, colours, opacity) {
  if (hours.slots.length === hours.day_slots) {
    return undefined;
  }
  const label = { show: true, position: "top", distance: 4, color: colours.soft, formatter: (/** @type {any} */ { name }) => name };
  const itemStyle = { color: colours.line, opacity };
  const day = [{ name: hours.words.day, xAxis: 0, itemStyle: { opacity: 0 } }, { xAxis: hours.day_slots - 1 }];
  const after = [{ name: hours.words.outlook, xAxis: hours.day_slots + 1 }, { xAxis: hours.slots.length }];
  return { silent: true, label, itemStyle, data: [day, after] };
}
