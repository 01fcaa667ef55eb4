// What is measured in a page: defines `measure`, for Runtime.evaluate.
const measure = (() => {
  'use strict';
  const all = what => Array.from(document.querySelectorAll(what));
  const seen = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const words = element => element.textContent.trim().replace(/\s+/g, ' ').slice(0, 80);
  const own_text = element => Array.from(element.childNodes).filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
  const meet = (a, b, slack) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;

  // Labels that lie on each other, and those that leave their diagram.
  const crowded_labels = () => {
    const found = [];
    for (const diagram of all('svg').filter(seen)) {
      const frame = diagram.getBoundingClientRect();
      const labels = Array.from(diagram.querySelectorAll('text')).map(text => ({ said: words(text), box: text.getBoundingClientRect() }));
      labels.forEach((one, i) => {
        for (const other of labels.slice(i + 1)) if (meet(one.box, other.box, 1)) found.push(one.said + ' | ' + other.said);
        if (one.box.left < frame.left - 1 || one.box.right > frame.right + 1 || one.box.bottom > frame.bottom + 1) found.push(one.said + ' | the edge');
      });
    }
    return found;
  };

  // Text that reaches out of what it belongs to.
  const spilt_text = () => {
    const found = [];
    for (const cell of all('td, th, dd, dt, p, h1, h2, h3, li, button, code, summary, footer').filter(seen)) {
      const frame = cell.getBoundingClientRect(), range = document.createRange();
      range.selectNodeContents(cell);
      for (const box of range.getClientRects())
        if (box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1)) { found.push(words(cell)); break; }
    }
    return found;
  };

  const parsed = colour => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (top, below) => {
    const mixed = part => top[part] * top.alpha + below[part] * (1 - top.alpha);
    return { red: mixed('red'), green: mixed('green'), blue: mixed('blue'), alpha: 1 };
  };
  const luminance = colour => {
    const linear = part => { const c = colour[part] / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * linear('red') + 0.7152 * linear('green') + 0.0722 * linear('blue');
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  // The grounds on which it is drawn: of its boxes, or what of the diagram lies under it.
  const ground_of = element => {
    const layers = [];
    for (let box = element; box; box = box.parentElement) layers.push(parsed(getComputedStyle(box).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), { red: 255, green: 255, blue: 255, alpha: 1 });
  };
  const grounds_of = element => {
    const grounds = [ground_of(element)], diagram = element.closest('svg');
    if (!diagram) return grounds;
    const box = element.getBoundingClientRect();
    for (const shape of diagram.querySelectorAll('rect')) {
      const fill = getComputedStyle(shape).fill;
      if (fill !== 'none' && !shape.matches('.fact, .missing') && meet(box, shape.getBoundingClientRect(), 1)) grounds.push(parsed(fill));
    }
    return grounds;
  };
  const opacity_of = element => element ? Number(getComputedStyle(element).opacity) * opacity_of(element.parentElement) : 1;
  const faint_text = least => {
    const found = new Set();
    for (const element of all('body, body *').filter(seen).filter(element => own_text(element).length > 0)) {
      const style = getComputedStyle(element), ink = parsed(element.closest('svg') ? style.fill : style.color);
      for (const ground of grounds_of(element)) {
        const ratio = contrast(over({ ...ink, alpha: ink.alpha * opacity_of(element) }, ground), ground);
        if (ratio < least) found.add(ratio.toFixed(2) + ' ' + element.tagName.toLowerCase() + '.' + element.getAttribute('class') + ': ' + words(element));
      }
    }
    return Array.from(found);
  };

  const sideways = () => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth;
  return { crowded_labels, spilt_text, faint_text, sideways };
})();
