// A box whose content is longer than the box must be reachable by keyboard, so that it can be scrolled without a finger.
export function reach(box: HTMLElement): { destroy: () => void } {
  const look = () => {
    const long = box.scrollHeight > box.clientHeight + 1;
    if (long) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(look);
  // What is in the box grows also without a change to the document: a style or a typeface that comes late.
  const watch = () => [box, ...box.children].forEach((it) => sizes.observe(it));
  watch();
  const content = new MutationObserver(() => (watch(), look()));
  content.observe(box, { childList: true, subtree: true, characterData: true });
  look();
  return {
    destroy: () => {
      sizes.disconnect();
      content.disconnect();
    },
  };
}
