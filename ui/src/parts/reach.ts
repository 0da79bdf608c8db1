// A box whose content is longer than the box must be reachable by keyboard, so that it can be scrolled without a finger.
export function reach(box: HTMLElement): { destroy: () => void } {
  const look = () => {
    const long = box.scrollHeight > box.clientHeight + 1;
    if (long) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(box);
  const content = new MutationObserver(() => requestAnimationFrame(look));
  content.observe(box, { childList: true, subtree: true, characterData: true });
  look();
  return {
    destroy: () => {
      sizes.disconnect();
      content.disconnect();
    },
  };
}
