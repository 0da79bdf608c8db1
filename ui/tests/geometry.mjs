// What can be measured on a screen, in the page: targets large enough and apart, nothing clipped, nothing out of sight.
// Runs in the browser by `page.evaluate`, so it must not use anything from outside.
export function geometry() {
  const LEAST = 44;
  const GAP = 7.5;
  const found = [];
  const wide = window.innerWidth;
  const high = window.innerHeight;
  const name = (node) => `${node.tagName.toLowerCase()}${node.dataset?.testid ? `[${node.dataset.testid}]` : ""}.${String(node.className.baseVal ?? node.className)} "${(node.textContent ?? "").trim().slice(0, 30)}"`;
  const visible = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(node).visibility !== "hidden" && !node.closest(".vh");
  };
  const scroller = (node, axis) => {
    for (let up = node.parentElement; up; up = up.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(up)[axis === "x" ? "overflowX" : "overflowY"])) return up;
    }
    return null;
  };
  const inside = (node, box) => {
    const x = scroller(node, "x");
    const y = scroller(node, "y");
    const frameX = x ? x.getBoundingClientRect() : { left: 0, right: wide };
    const frameY = y ? y.getBoundingClientRect() : { top: 0, bottom: high };
    const scrollsX = x !== null && x.scrollWidth > x.clientWidth && x.matches(".chips, .switch");
    if (!scrollsX && (box.left < frameX.left - 1 || box.right > frameX.right + 1)) return false;
    if (y === null && (box.top < frameY.top - 1 || box.bottom > frameY.bottom + 1)) return false;
    return true;
  };

  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const box of document.querySelectorAll(".body, .entry, .list, .dock, .dock-head, .in")) {
    if (box.scrollWidth > box.clientWidth + 1) found.push(`${name(box)} scrolls sideways: ${box.scrollWidth} in ${box.clientWidth}`);
  }

  const targets = [...document.querySelectorAll("button, input, textarea, select")].filter(visible);
  for (const node of targets) {
    const box = node.getBoundingClientRect();
    if (box.width < LEAST - 0.5 || box.height < LEAST - 0.5) found.push(`${name(node)} is only ${box.width.toFixed(0)}x${box.height.toFixed(0)}`);
    if (!inside(node, box)) found.push(`${name(node)} is out of sight`);
    if (node.tagName === "BUTTON" && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1)) found.push(`${name(node)} overflows: ${node.scrollWidth}x${node.scrollHeight} in ${node.clientWidth}x${node.clientHeight}`);
  }
  for (let i = 0; i < targets.length; i += 1) {
    for (let j = i + 1; j < targets.length; j += 1) {
      if (targets[i].parentElement !== targets[j].parentElement) continue;
      const a = targets[i].getBoundingClientRect();
      const b = targets[j].getBoundingClientRect();
      const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
      const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
      if (Math.max(across, down) < GAP) found.push(`${name(targets[i])} and ${name(targets[j])} are ${Math.max(across, down).toFixed(1)} apart`);
    }
  }

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent?.trim() || !node || !visible(node) || node.closest("option, script, style")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const cut = node.closest(".ell");
    if (!cut && !inside(node, box)) found.push(`${name(node)}: text out of sight`);
    for (let up = node; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.textOverflow === "ellipsis" || /auto|scroll/.test(style.overflowX + style.overflowY)) break;
      const frame = up.getBoundingClientRect();
      const hides = style.overflowX === "hidden" || up.tagName === "BUTTON" || up.classList.contains("card") || up.classList.contains("dock");
      if (hides && !cut && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 3 || box.bottom > frame.bottom + 3)) {
        found.push(`${name(node)}: text leaves ${name(up)}`);
        break;
      }
    }
  }
  const trigger = document.querySelectorAll('[data-testid="trigger"]');
  if (trigger.length > 1) found.push("there are two main actions");
  if (document.querySelectorAll('[data-testid="current-stop"]').length > 1) found.push("there are two current stops");
  return found;
}
