// @ts-check
/**
 * The board as a map: demand by region, sites by capacity and use, work from origin to site.
 */

import { decode } from "./topojson.js";
import { basics, figure, hatch, shade, wrapped } from "./theme.js";

/**
 * @typedef {{name: string, point: [number, number], capacity_unit_h: number, used_unit_h: number, used_share: number | null}} Site
 * @typedef {{name: string, point: [number, number], work_unit_h: number}} Origin
 * @typedef {{from: string, to: string, coords: [number, number][], work_unit_h: number}} Flow
 * @typedef {{kind: "map" | "plain", lang: string, unit: string, demand: Record<string, number>, sites: Site[], origins: Origin[], flows: Flow[], words: Record<string, string>, least?: number, most?: number, use_most?: number, is_dense?: boolean, digits?: number, demand_unit?: string}} Board
 */

/**
 * Return what ECharts draws; `echarts.registerMap("cn", …)` has been called when the board lies in the map's frame.
 *
 * @param {Board} board
 * @param {import("./theme.js").Theme} colours
 * @param {{features: any[], dashes: any[], width: number}} ground
 */
export function mapOption(board, colours, { features, dashes, width }) {
  const isMap = board.kind === "map";
  const system = isMap ? { coordinateSystem: "geo" } : { coordinateSystem: "cartesian2d" };
  const series = [
    flowSeries(board, colours, system),
    originSeries(board, colours, system),
    siteSeries(board, colours, system, width),
  ];
  if (!isMap) {
    const axis = { type: "value", scale: true, axisLabel: { color: colours.soft, formatter: "{value}°" }, splitLine: { lineStyle: { color: colours.line } }, axisLine: { onZero: false } };
    const grid = { left: 48, right: 90, top: 24, bottom: 32 };
    return { ...basics(colours), grid, xAxis: axis, yAxis: axis, series, visualMap: [useScale(board, colours, 2)] };
  }
  return {
    ...basics(colours),
    geo: {
      map: "cn",
      nameProperty: "adcode",
      roam: width > 600,
      scaleLimit: { min: 1, max: 8 },
      aspectScale: 0.82,
      layoutCenter: ["50%", "50%"],
      layoutSize: "99%",
      itemStyle: { borderColor: colours.border, borderWidth: 0.6 },
      regions: regionFills(board, colours, features),
      emphasis: { label: { show: false }, itemStyle: { areaColor: null, borderColor: colours.ink, borderWidth: 1.2 } },
      select: { disabled: true },
    },
    visualMap: [useScale(board, colours, 4)],
    series: [regionSeries(board, features), dashSeries(dashes, colours), ...series],
  };
}

/**
 * Register the map and return its features and dashes.
 *
 * @param {any} echarts
 * @param {import("./topojson.js").Topology} topology
 */
export function register(echarts, topology) {
  const land = decode(topology, "provinces");
  echarts.registerMap("cn", land);
  return { features: land.features, dashes: decode(topology, "dashes").features };
}

/**
 * Colour each region by its demand; one without data is hatched. A scale of ECharts would colour it, too.
 *
 * @param {Board} board @param {import("./theme.js").Theme} colours @param {any[]} features
 */
function regionFills(board, colours, features) {
  const nothing = { areaColor: hatch(colours) };
  const ramp = colours.ramp("demand");
  const least = board.least ?? 0;
  const most = board.most ?? Math.max(least, ...Object.values(board.demand));
  const range = Math.max(1e-9, most - least);
  return features.map(({ properties: { adcode: name } }) => ({
    name,
    itemStyle: name in board.demand ? { areaColor: shade(ramp, (board.demand[name] - least) / range) } : nothing,
  }));
}

/** @param {Board} board @param {any[]} features */
function regionSeries(board, features) {
  const key = board.lang === "zh" ? "name" : "name_en";
  const names = Object.fromEntries(features.map(({ properties }) => [properties.adcode, properties[key]]));
  return {
    type: "map",
    geoIndex: 0,
    data: Object.keys(names).map((name) => ({ name, value: board.demand[name] })),
    tooltip: {
      formatter: (/** @type {any} */ { name }) =>
        `${names[name] ?? name}\n${name in board.demand ? `${board.words.demand} ${figure(board.demand[name], board.digits)} ${board.demand_unit ?? board.unit}` : board.words.no_data}`,
    },
  };
}

/** @param {any[]} dashes @param {import("./theme.js").Theme} colours */
function dashSeries(dashes, colours) {
  return {
    type: "lines",
    coordinateSystem: "geo",
    polyline: true,
    silent: true,
    lineStyle: { color: colours.soft, width: 1.4, opacity: 1 },
    data: dashes.map(({ geometry }) => ({ coords: geometry.coordinates })),
  };
}

/** @param {Board} board @param {import("./theme.js").Theme} colours @param {object} system */
function flowSeries(board, colours, system) {
  const most = Math.max(1e-9, ...board.flows.map((flow) => flow.work_unit_h));
  return {
    ...system,
    type: "lines",
    symbol: ["none", "arrow"],
    symbolSize: 6,
    data: board.flows.map((flow) => ({
      ...flow,
      lineStyle: {
        color: colours.flow,
        width: 0.5 + 3.6 * Math.sqrt(flow.work_unit_h / most),
        opacity: 0.14 + 0.46 * Math.sqrt(flow.work_unit_h / most),
        curveness: 0.18,
      },
    })),
    tooltip: {
      formatter: (/** @type {any} */ { data }) =>
        `${data.from} → ${data.to}\n${board.words.work} ${figure(data.work_unit_h)} ${board.unit}`,
    },
  };
}

/** @param {Board} board @param {import("./theme.js").Theme} colours @param {object} system */
function originSeries(board, colours, system) {
  return {
    ...system,
    type: "scatter",
    symbolSize: board.kind === "map" ? 3 : 7,
    silent: board.kind === "map",
    itemStyle: { color: colours.soft },
    data: board.origins.map((origin) => ({ name: origin.name, value: [...origin.point, origin.work_unit_h] })),
    tooltip: {
      formatter: (/** @type {any} */ { data }) =>
        `${data.name}\n${board.words.demand} ${figure(data.value[2])} ${board.unit}`,
    },
  };
}

/** @param {Board} board @param {import("./theme.js").Theme} colours @param {object} system @param {number} width */
function siteSeries(board, colours, system, width) {
  const most = Math.max(1e-9, ...board.sites.map((site) => site.capacity_unit_h));
  const least = width > 600 ? 8 : 5;
  return {
    ...system,
    type: "scatter",
    zlevel: 1,
    symbolSize: (/** @type {number[]} */ value) => least + 2 * least * Math.sqrt(value[3] / most),
    itemStyle: { borderColor: colours.surface, borderWidth: 1.5, opacity: 1 },
    label: {
      show: true,
      formatter: (/** @type {any} */ { name }) => wrapped(name, 15),
      color: colours.ink,
      lineHeight: width > 600 ? 14 : 12,
      fontSize: width > 600 ? 12 : 10,
      textBorderColor: colours.surface,
      textBorderWidth: 3,
    },
    labelLayout: (/** @type {any} */ { labelRect: { x, width: wide } }) => ({ dx: Math.min(0, width - 2 - x - wide), hideOverlap: board.is_dense ?? false }),
    data: board.sites.map((site) => ({
      name: site.name,
      site,
      value: [...site.point, site.used_share ?? 0, site.capacity_unit_h],
      label: { position: labelSide(site, board.sites) },
    })),
    tooltip: {
      formatter: (/** @type {any} */ { data: { site } }) =>
        `${site.name}\n${board.words.capacity} ${figure(site.capacity_unit_h)} ${board.unit}\n` +
        `${board.words.used} ${figure(site.used_unit_h)} (${site.used_share === null ? "–" : figure(100 * site.used_share, 1)} %)`,
    },
  };
}

/**
 * Put the label on the left where another site stands close by on the right; hiding one of two would lose a name.
 *
 * @param {Site} site @param {Site[]} sites
 */
function labelSide(site, sites) {
  const isCrowded = sites.some(({ point: [lon, lat] }) => {
    const east = lon - site.point[0];
    return east > 0 && east < 8 && Math.abs(lat - site.point[1]) < 2.2;
  });
  return isCrowded ? "left" : "right";
}

/**
 * The largest use of a site: the scale ends there, so that a quiet day still shows who is busier.
 *
 * @param {Board} board
 */
export function mostUsed(board) {
  return board.use_most ?? Math.max(1e-9, ...board.sites.map((site) => site.used_share ?? 0));
}

/** @param {Board} board @param {import("./theme.js").Theme} colours @param {number} seriesIndex */
function useScale(board, colours, seriesIndex) {
  return { show: false, min: 0, max: mostUsed(board), dimension: 2, seriesIndex, inRange: { color: colours.ramp("use") } };
}
