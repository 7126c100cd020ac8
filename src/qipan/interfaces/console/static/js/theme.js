// @ts-check
/**
 * Colours and type of the page, read from its style sheet, so that charts follow light and dark.
 */

/** @typedef {{ink: string, soft: string, line: string, surface: string, page: string, land: string, border: string, flow: string, font: string, hues: string[], ramp: (name: string) => string[]}} Theme */

/** @returns {Theme} */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    soft: colour("ink-soft"),
    line: colour("line"),
    surface: colour("surface"),
    page: colour("page"),
    land: colour("land"),
    border: colour("border"),
    flow: colour("flow"),
    font: getComputedStyle(document.body).fontFamily,
    hues: [...Array(10).keys()].map((index) => colour(`hue-${index}`)),
    ramp: (name) => [0, 1, 2].map((index) => colour(`${name}-${index}`)),
  };
}

/**
 * A hatch for what has no data, as a pattern that a canvas can fill with.
 *
 * @param {Theme} colours
 * @returns {{image: HTMLCanvasElement, repeat: string}}
 */
export function hatch(colours) {
  const image = document.createElement("canvas");
  image.width = image.height = 8;
  const pen = /** @type {CanvasRenderingContext2D} */ (image.getContext("2d"));
  pen.fillStyle = colours.surface;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = colours.land;
  pen.lineWidth = 1.6;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
    pen.stroke();
  }
  return { image, repeat: "repeat" };
}

/**
 * Return the colour at a share of a ramp.
 *
 * @param {string[]} ramp Colours as `#rrggbb`, evenly spaced.
 * @param {number} share 0 to 1.
 */
export function shade(ramp, share) {
  const place = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const step = Math.min(Math.floor(place), ramp.length - 2);
  const parts = [1, 3, 5].map((at) => {
    const [from, to] = [ramp[step], ramp[step + 1]].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(from + (to - from) * (place - step));
  });
  return `rgb(${parts.join(",")})`;
}

/**
 * Write a number in few figures.
 *
 * @param {number | null} value
 * @param {number} [digits]
 */
export function figure(value, digits = 0) {
  if (value === null) {
    return "–";
  }
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * What every chart shares. Tooltips are drawn, not written as HTML, which a strict style policy would strip.
 *
 * @param {Theme} colours
 */
export function basics(colours) {
  return {
    animation: false,
    textStyle: { fontFamily: colours.font, color: colours.ink },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: 13 },
    },
  };
}

/**
 * Break a name into lines of few signs: at blanks, or anywhere in a script without them.
 *
 * @param {string} name
 * @param {number} most
 */
export function wrapped(name, most) {
  if (!name.includes(" ") && /[\u4e00-\u9fff]/.test(name)) {
    const wide = Math.max(4, Math.round(most * 0.6));
    return (name.match(new RegExp(`.{1,${wide}}`, "gu")) ?? [name]).join("\n");
  }
  const lines = [""];
  for (const word of name.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] && lines[last].length + word.length >= most) {
      lines.push(word);
    } else {
      lines[last] = lines[last] ? `${lines[last]} ${word}` : word;
    }
  }
  return lines.join("\n");
}
