// A heat map of layers by step. Colours go by the logarithm, since layers differ by powers of ten.
const RAMPS = {
  light: ['#eef3fb', '#b9d3f3', '#6fa8e6', '#2f74c8', '#1b4d97', '#0b2a5c'],
  dark: ['#1b2533', '#23456f', '#2f6fb5', '#58a0ea', '#a4cefb', '#eef6ff'],
};

function ramp() {
  return matchMedia('(prefers-color-scheme: dark)').matches ? RAMPS.dark : RAMPS.light;
}

function shade(share) {
  const stops = ramp();
  const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const channel = (color, k) => parseInt(color.slice(1 + 2 * k, 3 + 2 * k), 16);
  const mixed = [0, 1, 2].map((k) => Math.round(channel(stops[i], k) + (at - i) * (channel(stops[i + 1], k) - channel(stops[i], k))));
  return `rgb(${mixed.join(',')})`;
}

class HeatMap {
  constructor(spec, parent) {
    this.spec = spec;
    this.kind = 'gradient';
    this.frame = element('figure', { class: 'wide' }, parent);
    const caption = element('figcaption', {}, this.frame);
    element('strong', { text: spec.title }, caption);
    this.buttons = Object.entries({ gradient: 'gradient norm', ratio: 'update / weight' }).map(([kind, text]) => {
      const button = element('button', { type: 'button', text }, caption);
      button.onclick = () => {
        this.kind = kind;
        this.draw();
      };
      return [kind, button];
    });
    this.plot = element('div', { class: 'plot' }, this.frame);
    this.canvas = element('canvas', { role: 'img', 'aria-label': `${spec.title}: ${spec.rows.join(', ')}` }, this.plot);
    this.tip = element('div', { class: 'tip', hidden: '' }, this.plot);
    this.scale = element('div', { class: 'scale' }, this.frame);
    this.canvas.onpointermove = (event) => this.show(event);
    this.canvas.onpointerleave = () => { this.tip.hidden = true; };
    zoom.charts.push(this);
    this.draw();
  }

  limits(rows) {
    const values = rows.flat().filter((value) => finite(value) && value > 0);
    const high = values.reduce((a, b) => Math.max(a, b), 0) || 1;
    const low = Math.max(values.reduce((a, b) => Math.min(a, b), high), high / 1e8);
    return [low, high > low ? high : low * 10];
  }

  draw() {
    this.buttons.forEach(([kind, button]) => button.setAttribute('aria-pressed', String(kind === this.kind)));
    const { rows, x } = this.spec;
    const cells = this.spec[this.kind];
    const [low, high] = this.limits(cells);
    const width = Math.max(240, this.plot.clientWidth);
    const tall = Math.max(15, Math.min(26, 420 / rows.length));
    const names = Math.min(width * 0.36, 190);
    const height = tall * rows.length + 24;
    const pixels = window.devicePixelRatio || 1;
    this.canvas.width = width * pixels;
    this.canvas.height = height * pixels;
    this.canvas.style.height = `${height}px`;
    const pen = this.canvas.getContext('2d');
    const colors = getComputedStyle(document.documentElement);
    pen.scale(pixels, pixels);
    pen.font = '12px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    const from = zoom.range ? Math.max(0, x.findIndex((step) => step >= zoom.range[0])) : 0;
    const past = zoom.range ? x.findIndex((step) => step > zoom.range[1]) : -1;
    const columns = Math.max(1, (past < 0 ? x.length : past) - from);
    const wide = (width - names) / columns;
    this.view = { names, tall, wide, from, columns, width, height: tall * rows.length };
    rows.forEach((name, r) => {
      pen.fillStyle = colors.getPropertyValue('--ink');
      pen.textAlign = 'right';
      pen.fillText(this.fit(pen, name, names - 10), names - 8, (r + 0.5) * tall);
      for (let c = 0; c < columns; c++) {
        const value = cells[r][from + c];
        const share = Math.log(Math.max(value, low) / low) / Math.log(high / low);
        pen.fillStyle = finite(value) ? shade(share) : colors.getPropertyValue('--bad');
        pen.fillRect(names + c * wide, r * tall, Math.ceil(wide * pixels) / pixels, tall - 1);
      }
    });
    pen.fillStyle = colors.getPropertyValue('--quiet');
    pen.textAlign = 'left';
    pen.fillText(`step ${count(x[from])}`, names, height - 10);
    pen.textAlign = 'right';
    if (columns > 1) pen.fillText(count(x[from + columns - 1]), width, height - 10);
    this.scale.replaceChildren();
    element('span', { text: figure(low) }, this.scale);
    element('i', { style: `background:linear-gradient(90deg,${ramp().join(',')})` }, this.scale);
    element('span', { text: `${figure(high)}, by logarithm` }, this.scale);
  }

  /** The end of a name says more than its beginning. */
  fit(pen, name, room) {
    let text = name;
    while (text.length > 4 && pen.measureText(text).width > room) text = `…${text.slice(text.startsWith('…') ? 2 : 1)}`;
    return text;
  }

  show(event) {
    const { names, tall, wide, from, columns, width, height } = this.view;
    const { left, top } = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - left, event.clientY - top];
    const row = Math.floor(py / tall);
    const column = Math.floor((px - names) / wide);
    this.tip.hidden = column < 0 || column >= columns || row < 0 || py >= height;
    if (this.tip.hidden) return;
    this.tip.replaceChildren();
    element('b', { text: this.spec.rows[row] }, this.tip);
    element('div', { text: `step ${count(this.spec.x[from + column])}` }, this.tip);
    element('div', { text: `gradient norm ${figure(this.spec.gradient[row][from + column])}` }, this.tip);
    element('div', { text: `update / weight ${figure(this.spec.ratio[row][from + column])}` }, this.tip);
    const side = px > width / 2 ? px - this.tip.offsetWidth - 12 : px + 12;
    this.tip.style.left = `${Math.max(0, Math.min(side, width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${Math.max(0, py - this.tip.offsetHeight - 12)}px`;
  }
}
