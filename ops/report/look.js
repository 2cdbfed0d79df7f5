// Of the page's own faults: nothing may be wider than the page, no drawing empty, and no text of a
// drawing cut off, over another one or too small.
(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(
    `the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`);
  const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  for (const svg of document.querySelectorAll("svg")) {
    const name = svg.getAttribute("aria-label");
    const frame = svg.getBoundingClientRect();
    if (frame.width < 100 || frame.height < 40) found.push(`${name}: nothing is drawn`);
    const scale = frame.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map(text => [text, text.getBoundingClientRect()]);
    boxes.forEach(([text, box], index) => {
      if (box.left < frame.left - 2 || box.right > frame.right + 2)
        found.push(`${name}: ${text.textContent} is cut off`);
      if (parseFloat(getComputedStyle(text).fontSize) * scale < 8.5)
        found.push(`${name}: ${text.textContent} is too small to read`);
      for (const [other, its] of boxes.slice(index + 1))
        if (over(box, its)) found.push(`${name}: ${text.textContent} covers ${other.textContent}`);
    });
  }
  return JSON.stringify(found);
})()
