// @ts-check
/**
 * A few rows of bars side by side, one group a day.
 */

import { basics, figure } from "./theme.js";

/** @typedef {{names: string[], unit: string, series: {name: string, values: (number | null)[]}[]}} Bars */

/** @param {Bars} bars @param {import("./theme.js").Theme} colours @param {number} width */
export function barsOption(bars, colours, width) {
  const isOne = bars.series.length === 1;
  const isTight = bars.names.length > 4 && width < 90 * bars.names.length;
  return {
    ...basics(colours),
    legend: { show: !isOne, bottom: 0, textStyle: { color: colours.ink }, itemWidth: 14, itemHeight: 10 },
    grid: { left: 8, right: 12, top: 40, bottom: isOne ? 8 : 40, containLabel: true },
    tooltip: {
      ...basics(colours).tooltip,
      trigger: "axis",
      formatter: (/** @type {any[]} */ rows) =>
        [rows[0].axisValue, ...rows.filter(({ value }) => value !== null && value !== undefined).map(({ seriesName, value }) => `${seriesName}  ${figure(value, 2)} ${bars.unit}`)].join("\n"),
    },
    xAxis: { type: "category", data: bars.names, axisTick: { show: false }, axisLabel: { color: colours.soft, fontSize: 11, interval: bars.names.length > 12 ? "auto" : 0, rotate: isTight ? 40 : 0 }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", name: bars.unit, nameTextStyle: { color: colours.soft, align: "left" }, axisLabel: { color: colours.soft }, splitLine: { lineStyle: { color: colours.line } } },
    series: bars.series.map(({ name, values }, index) => ({ type: "bar", name, barMaxWidth: 42, itemStyle: { color: colours.hues[index % colours.hues.length] }, data: values })),
  };
}
