// @ts-check
/**
 * Lines over names in order: marks by day, prices by window, values by what they rest on; and the depth of a book.
 */

import { basics, figure } from "./theme.js";

/**
 * @typedef {{names: string[], unit: string, digits: number, series: {name: string, values: (number | null)[]}[]}} Lines
 * @typedef {{name: string, levels: [number, number][]}} Half
 * @typedef {{unit: string, lots: string, bids: Half, asks: Half}} Depth
 */

/** @param {Lines} lines @param {import("./theme.js").Theme} colours @param {number} width */
export function linesOption(lines, colours, width) {
  const isOne = lines.series.length === 1;
  return {
    ...basics(colours),
    legend: { show: !isOne, type: "scroll", bottom: 0, textStyle: { color: colours.ink }, pageTextStyle: { color: colours.ink }, itemWidth: 18, itemHeight: 8 },
    grid: { left: 8, right: 18, top: 36, bottom: isOne ? 8 : 40, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      trigger: "axis",
      formatter: (/** @type {any[]} */ rows) =>
        [rows[0].axisValue, ...rows.filter(({ value }) => value !== null && value !== undefined).map(({ seriesName, value }) => `${seriesName}  ${figure(value, lines.digits)}`)].join("\n"),
    },
    xAxis: { type: "category", data: lines.names, axisTick: { show: false }, axisLabel: { color: colours.soft, fontSize: 11, hideOverlap: true, rotate: width < 420 && lines.names.length > 4 ? 40 : 0 }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", scale: true, name: lines.unit, nameTextStyle: { color: colours.soft, align: "left" }, axisLabel: { color: colours.soft }, splitLine: { lineStyle: { color: colours.line } } },
    series: lines.series.map(({ name, values }, index) => {
      const color = colours.hues[index % colours.hues.length];
      return { type: "line", name, data: values, connectNulls: true, symbol: "circle", symbolSize: 7, color, lineStyle: { width: 2, color } };
    }),
  };
}

/** @param {Depth} depth @param {import("./theme.js").Theme} colours */
export function depthOption(depth, colours) {
  /** @param {Half} half @param {"start" | "end"} step @param {string} color */
  const area = ({ name, levels }, step, color) => {
    const ends = levels.length ? [[levels[0][0], 0], ...levels] : [];
    return { type: "line", name, data: step === "start" ? ends.reverse() : ends, step, symbol: "none", color, lineStyle: { width: 2, color }, areaStyle: { color, opacity: 0.22 } };
  };
  return {
    ...basics(colours),
    legend: { bottom: 0, textStyle: { color: colours.ink }, itemWidth: 18, itemHeight: 8 },
    grid: { left: 8, right: 18, top: 36, bottom: 40, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      trigger: "axis",
      formatter: (/** @type {any[]} */ rows) => [figure(rows[0].value[0], 2), ...rows.map(({ seriesName, value }) => `${seriesName}  ${figure(value[1])}`)].join("\n"),
    },
    xAxis: { type: "value", scale: true, name: depth.unit, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colours.soft }, axisLabel: { color: colours.soft, formatter: (/** @type {number} */ value) => figure(value, 2) }, splitLine: { show: false }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", name: depth.lots, nameTextStyle: { color: colours.soft, align: "left" }, axisLabel: { color: colours.soft }, splitLine: { lineStyle: { color: colours.line } } },
    series: [area(depth.bids, "start", colours.hues[0]), area(depth.asks, "end", colours.hues[1])],
  };
}
