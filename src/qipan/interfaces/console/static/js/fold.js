// @ts-check
/**
 * Fold long tables on a phone, where each would take a third of the screen; a tap opens them.
 */

if (matchMedia("(max-width: 640px)").matches) {
  for (const one of document.querySelectorAll("details.fold")) {
    one.removeAttribute("open");
  }
}
