// @ts-check
/**
 * Decode one layer of a TopoJSON file to GeoJSON, which ECharts can draw.
 *
 * TopoJSON stores each border once, as an arc: a first grid cell and the steps from there. A ring lists arcs by
 * number; `~number` means the arc walked backwards. Source: TopoJSON Format Specification 1.0.0, section 2.
 */

/**
 * @typedef {[number, number]} Position
 * @typedef {{type: "LineString", arcs: number[]}} Line
 * @typedef {{type: "Polygon" | "MultiLineString", arcs: number[][]}} Rings
 * @typedef {{type: "MultiPolygon", arcs: number[][][]}} Parts
 * @typedef {{properties?: Record<string, unknown>} & (Line | Rings | Parts)} Shape
 * @typedef {{scale: Position, translate: Position}} Transform
 * @typedef {{transform: Transform, objects: Record<string, {geometries: Shape[]}>, arcs: Position[][]}} Topology
 * @typedef {{type: string, coordinates: Position[] | Position[][] | Position[][][]}} Geometry
 * @typedef {{type: "Feature", properties: Record<string, unknown>, geometry: Geometry}} Feature
 * @typedef {{type: "FeatureCollection", features: Feature[]}} FeatureCollection
 */

/**
 * Return one layer of a quantised topology as longitudes and latitudes in degrees.
 *
 * @param {Topology} topology
 * @param {string} layer Name of the layer, for example `provinces`.
 * @returns {FeatureCollection}
 */
export function decode(topology, layer) {
  const found = topology.objects[layer];
  if (!found) {
    throw new RangeError(`Layer must be one of ${Object.keys(topology.objects).join(", ")}, was ${layer}.`);
  }
  const arcs = topology.arcs.map((arc) => toPositions(arc, topology.transform));
  /** @param {number[]} numbers */
  const join = (numbers) =>
    numbers.flatMap((number, place) => {
      const arc = number < 0 ? [...arcs[~number]].reverse() : arcs[number];
      return place === 0 ? arc : arc.slice(1); // the first position of an arc is the last of the one before
    });
  /** @param {Shape} shape @returns {Geometry} */
  const toGeometry = (shape) => {
    switch (shape.type) {
      case "LineString":
        return { type: shape.type, coordinates: join(shape.arcs) };
      case "Polygon":
      case "MultiLineString":
        return { type: shape.type, coordinates: shape.arcs.map(join) };
      case "MultiPolygon":
        return { type: shape.type, coordinates: shape.arcs.map((part) => part.map(join)) };
    }
  };
  /** @param {Shape} shape @returns {Feature} */
  const toFeature = (shape) => ({ type: "Feature", properties: shape.properties ?? {}, geometry: toGeometry(shape) });
  return { type: "FeatureCollection", features: found.geometries.map(toFeature) };
}

/**
 * Add up the steps of an arc, in whole grid cells so that no rounding gathers, and place it on the earth.
 *
 * @param {Position[]} arc
 * @param {Transform} transform
 * @returns {Position[]}
 */
function toPositions(arc, { scale, translate }) {
  let x = 0;
  let y = 0;
  return arc.map(([east, north]) => {
    x += east;
    y += north;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
}
