'use strict';
// Line charts: hover shows values, dragging zooms all charts of the page, two clicks zoom out.
const SVG = 'http://www.w3.org/2000/svg';

function element(name, attributes, parent) {
  const made = name.startsWith('svg:') ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'text') made.textContent = value;
    else made.setAttribute(key, value);
  }
  if (parent) parent.append(made);
  return made;
}

function figure(number) {
  if (typeof number !== 'number') return String(number);
  const size = Math.abs(number);
  if (number === 0) return '0';
  if (size < 1e-3 || size >= 1e6) return number.toExponential(2).replace(/\.?0+e/, 'e');
  return String(Number(number.toPrecision(4)));
}

const count = (number) => Math.round(number).toLocaleString('en');
const finite = (value) => typeof value === 'number';

function linearTicks(low, high, about) {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 5, 10].find((digit) => digit * power >= raw) * power;
  const ticks = [];
  for (let i = Math.ceil(low / unit - 1e-9); i * unit <= high + unit * 1e-9; i++) ticks.push(Number((i * unit).toPrecision(12)));
  return ticks;
}

function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const digits = decades < 1.2 ? [1, 2, 3, 5, 7] : decades < 3 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 7));
  const ticks = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    if (e % every !== 0) continue;
    for (const digit of digits) {
      const tick = digit * 10 ** e;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length < 3 ? linearTicks(low, high, 4) : ticks;
}

// What all charts share: the part of the x axis that is shown.
const zoom = {
  range: null,
  charts: [],
  set(range) {
    this.range = range;
    this.charts.forEach((chart) => chart.draw());
  },
};

class LineChart {
  constructor(spec, parent) {
    this.spec = spec;
    this.log = Boolean(spec.log);
    this.hidden = new Set();
    this.frame = element('figure', {}, parent);
    const caption = element('figcaption', {}, this.frame);
    element('strong', { text: spec.title }, caption);
    this.reset = element('button', { type: 'button', text: 'zoom out' }, caption);
    this.reset.onclick = () => zoom.set(null);
    this.logButton = element('button', { type: 'button', text: 'log scale', 'aria-pressed': String(this.log) }, caption);
    this.logButton.onclick = () => {
      this.log = !this.log;
      this.logButton.setAttribute('aria-pressed', String(this.log));
      this.draw();
    };
    this.legend();
    this.plot = element('div', { class: 'plot', tabindex: '0', role: 'img', 'aria-label': this.describe() }, this.frame);
    this.svg = element('svg:svg', {}, this.plot);
    this.tip = element('div', { class: 'tip', hidden: '' }, this.plot);
    this.listen();
    zoom.charts.push(this);
    this.draw();
  }

  describe() {
    const last = this.spec.series.map((s) => `${s.name} ${figure(s.y[s.y.length - 1])}`).join(', ');
    return `${this.spec.title}, at the end: ${last}`;
  }

  color(i) {
    const series = this.spec.series[i];
    return `var(--c${(series.color === undefined ? i : series.color) % 8})`;
  }

  legend() {
    if (this.spec.series.length < 2) return;
    const list = element('div', { class: 'legend' }, this.frame);
    this.spec.series.forEach((series, i) => {
      const item = element('button', { type: 'button', 'aria-pressed': 'true' }, list);
      const ink = this.color(i);
      const line = series.dash ? `repeating-linear-gradient(90deg,${ink} 0 5px,transparent 5px 8px)` : ink;
      element('i', { style: `background:${line};opacity:${series.faint ? 0.5 : 1}` }, item);
      item.append(series.name);
      item.onclick = () => {
        if (!this.hidden.delete(i)) this.hidden.add(i);
        item.setAttribute('aria-pressed', String(!this.hidden.has(i)));
        this.draw();
      };
    });
  }

  shown() {
    return this.spec.series.map((series, i) => ({ series, i })).filter(({ i }) => !this.hidden.has(i));
  }

  /** Limits of what is drawn. */
  limits() {
    const all = this.spec.series.flatMap((series) => [series.x[0], series.x[series.x.length - 1]]).filter(finite);
    let [left, right] = zoom.range || [Math.min(...all), Math.max(...all)];
    if (!(right > left)) [left, right] = [left - 1, left + 1];
    let low = Infinity;
    let high = -Infinity;
    for (const { series } of this.shown()) {
      series.y.forEach((y, k) => {
        const x = series.x[k];
        if (!finite(y) || x < left || x > right || (this.log && y <= 0)) return;
        low = Math.min(low, y);
        high = Math.max(high, y);
      });
    }
    if (low > high) [low, high] = this.log ? [0.1, 1] : [0, 1];
    for (const level of this.spec.levels || []) {
      const near = this.log ? level.y >= low / 10 && level.y <= high * 10 : level.y >= low - (high - low) && level.y <= high + (high - low);
      if (near) [low, high] = [Math.min(low, level.y), Math.max(high, level.y)];
    }
    if (this.log) return { left, right, low: low / (high / low) ** 0.05 / 1.02, high: high * (high / low) ** 0.05 * 1.02 };
    const pad = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
    return { left, right, low: low >= 0 && low - pad < 0 ? 0 : low - pad, high: high + pad };
  }

  draw() {
    this.reset.hidden = !zoom.range;
    const width = Math.max(240, this.plot.clientWidth);
    const height = 250;
    const box = { left: 58, right: width - 10, top: 8, bottom: height - 26 };
    const limits = this.limits();
    const { left, right, low, high } = limits;
    const toX = (x) => box.left + ((x - left) / (right - left)) * (box.right - box.left);
    const share = this.log ? (y) => Math.log(y / low) / Math.log(high / low) : (y) => (y - low) / (high - low);
    const toY = (y) => box.bottom - share(y) * (box.bottom - box.top);
    this.view = { box, limits, toX, toY, width, height };
    this.svg.replaceChildren();
    this.svg.setAttribute('height', height);
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    for (const tick of this.log ? logTicks(low, high) : linearTicks(low, high, 5)) {
      element('svg:line', { class: 'grid', x1: box.left, x2: box.right, y1: toY(tick), y2: toY(tick) }, this.svg);
      element('svg:text', { x: box.left - 6, y: toY(tick) + 4, 'text-anchor': 'end', text: figure(tick) }, this.svg);
    }
    for (const tick of linearTicks(left, right, Math.max(3, Math.min(8, width / 80))).filter(Number.isInteger)) {
      element('svg:text', { x: toX(tick), y: height - 8, 'text-anchor': 'middle', text: count(tick) }, this.svg);
    }
    this.clip(box);
    // The first curve lies on top; of two that agree one sees the first.
    for (const { series, i } of this.shown().reverse()) this.curve(series, i);
    for (const level of this.spec.levels || []) this.level(level);
    this.cursor = element('svg:g', {}, this.svg);
  }

  clip(box) {
    this.clipId = `clip${zoom.charts.indexOf(this)}`;
    const path = element('svg:clipPath', { id: this.clipId }, element('svg:defs', {}, this.svg));
    element('svg:rect', { x: box.left, y: box.top - 4, width: box.right - box.left, height: box.bottom - box.top + 8 }, path);
  }

  level(level) {
    const { box, toY, limits } = this.view;
    if (level.y < limits.low || level.y > limits.high) return;
    element('svg:line', { class: 'level', x1: box.left, x2: box.right, y1: toY(level.y), y2: toY(level.y) }, this.svg);
    element('svg:text', { class: 'name', x: box.left + 4, y: toY(level.y) - 5, text: level.name }, this.svg);
  }

  curve(series, i) {
    const { toX, toY, limits, box } = this.view;
    const group = element('svg:g', { 'clip-path': `url(#${this.clipId})` }, this.svg);
    const margin = limits.right - limits.left;
    const inside = [];
    let path = '';
    let pen = false;
    series.x.forEach((x, k) => {
      const y = series.y[k];
      if (x < limits.left - margin || x > limits.right + margin) return;
      const drawable = finite(y) && (!this.log || y > 0);
      if (!finite(y)) element('svg:text', { class: 'bad', x: toX(x), y: box.top + 10, 'text-anchor': 'middle', text: '×' }, group);
      if (drawable) path += `${pen ? 'L' : 'M'}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`;
      if (drawable && x >= limits.left && x <= limits.right) inside.push([x, y]);
      pen = drawable;
    });
    const style = `stroke:${this.color(i)}${series.dash ? `;stroke-dasharray:${series.dash}` : ''}`;
    element('svg:path', { class: series.faint ? 'curve faint' : 'curve', d: path, style }, group);
    if (inside.length <= 40 && !series.smooth) {
      for (const [x, y] of inside) element('svg:circle', { cx: toX(x), cy: toY(y), r: 2.6, style: `fill:${this.color(i)}` }, group);
    }
  }

  /** The index of the point nearest to a place on the x axis. */
  static nearest(series, x) {
    let low = 0;
    let high = series.x.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (series.x[middle] <= x) low = middle;
      else high = middle;
    }
    return Math.abs(series.x[low] - x) <= Math.abs(series.x[high] - x) ? low : high;
  }

  show(x) {
    const { toX, toY, box, width, limits } = this.view;
    const shown = this.shown().filter(({ series }) => series.x.length > 0);
    if (shown.length === 0) return;
    const steps = shown.map(({ series }) => series.x[LineChart.nearest(series, x)]);
    const step = steps.reduce((best, s) => (Math.abs(s - x) < Math.abs(best - x) ? s : best));
    this.at = step;
    this.cursor.replaceChildren();
    element('svg:line', { class: 'cursor', x1: toX(step), x2: toX(step), y1: box.top, y2: box.bottom }, this.cursor);
    this.tip.replaceChildren();
    element('b', { text: `${this.spec.x || 'step'} ${count(step)}` }, this.tip);
    for (const { series, i } of shown) {
      const k = LineChart.nearest(series, step);
      if (series.x[k] < limits.left || series.x[k] > limits.right) continue;
      const line = element('div', {}, this.tip);
      element('i', { style: `background:${this.color(i)}` }, line);
      const elsewhere = series.x[k] === step ? '' : ` (at ${count(series.x[k])})`;
      line.append(`${series.name}: ${figure(series.y[k])}${elsewhere}`);
      if (finite(series.y[k]) && (!this.log || series.y[k] > 0)) {
        element('svg:circle', { cx: toX(series.x[k]), cy: toY(series.y[k]), r: 3.5, style: `fill:${this.color(i)}` }, this.cursor);
      }
    }
    this.tip.hidden = false;
    const side = toX(step) > width / 2 ? toX(step) - this.tip.offsetWidth - 10 : toX(step) + 10;
    this.tip.style.left = `${Math.max(0, Math.min(side, width - this.tip.offsetWidth))}px`;
    this.tip.style.top = '6px';
  }

  hide() {
    this.tip.hidden = true;
    this.cursor.replaceChildren();
  }

  listen() {
    const place = (event) => {
      const { box, limits } = this.view;
      const inside = event.clientX - this.svg.getBoundingClientRect().left;
      const share = Math.max(0, Math.min(1, (inside - box.left) / (box.right - box.left)));
      return limits.left + share * (limits.right - limits.left);
    };
    let start = null;
    this.svg.onpointerdown = (event) => {
      if (event.button !== 0) return;
      start = place(event);
      this.svg.setPointerCapture(event.pointerId);
    };
    this.svg.onpointermove = (event) => {
      const x = place(event);
      this.show(x);
      if (start === null) return;
      const { toX, box } = this.view;
      const [from, to] = [toX(Math.min(start, x)), toX(Math.max(start, x))];
      element('svg:rect', { class: 'band', x: from, y: box.top, width: to - from, height: box.bottom - box.top }, this.cursor);
    };
    this.svg.onpointerup = (event) => {
      const from = start;
      start = null;
      if (from === null) return;
      const to = place(event);
      const { toX } = this.view;
      if (Math.abs(toX(to) - toX(from)) > 8) zoom.set([Math.min(from, to), Math.max(from, to)]);
    };
    this.svg.onpointercancel = () => { start = null; };
    this.svg.onpointerleave = () => { if (start === null) this.hide(); };
    this.svg.ondblclick = () => zoom.set(null);
    this.plot.onblur = () => this.hide();
    this.plot.onkeydown = (event) => this.key(event);
  }

  /** Arrow keys walk along the first curve. */
  key(event) {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const first = this.shown()[0];
    if (!direction || !first) return;
    event.preventDefault();
    const { limits } = this.view;
    const from = this.at === undefined ? limits.left : this.at;
    const k = LineChart.nearest(first.series, from) + (this.at === undefined ? 0 : direction);
    this.show(first.series.x[Math.max(0, Math.min(first.series.x.length - 1, k))]);
  }
}
