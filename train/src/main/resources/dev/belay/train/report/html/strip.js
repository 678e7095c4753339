// One row for each arm: a dot for each seed, a bar at their mean.
class Strip {
  constructor(spec, parent) {
    this.spec = spec;
    this.frame = element('figure', { class: 'wide' }, parent);
    element('strong', { text: spec.title }, element('figcaption', {}, this.frame));
    const said = spec.rows.map((row) => `${row.name}: ${row.values.map(figure).join(', ') || row.note}`).join('; ');
    this.plot = element('div', { class: 'plot', role: 'img', 'aria-label': said }, this.frame);
    this.svg = element('svg:svg', {}, this.plot);
    zoom.charts.push(this);
    this.draw();
  }

  draw() {
    const { rows } = this.spec;
    const width = Math.max(240, this.plot.clientWidth);
    const tall = 34;
    const height = tall * rows.length + 30;
    const left = Math.min(170, width * 0.33);
    const right = width - 24;
    const values = rows.flatMap((row) => row.values).filter(finite);
    let low = Math.min(...values);
    let high = Math.max(...values);
    if (!(high > low)) [low, high] = values.length ? [low - 0.05 * Math.abs(low || 1), high + 0.05 * Math.abs(high || 1)] : [0, 1];
    const pad = (high - low) * 0.06;
    [low, high] = [low - pad, high + pad];
    const toX = (x) => left + ((x - low) / (high - low)) * (right - left);
    this.svg.replaceChildren();
    this.svg.setAttribute('height', height);
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    for (const tick of linearTicks(low, high, Math.max(2, Math.min(8, (right - left) / 90)))) {
      element('svg:line', { class: 'grid', x1: toX(tick), x2: toX(tick), y1: 0, y2: tall * rows.length }, this.svg);
      element('svg:text', { x: toX(tick), y: height - 10, 'text-anchor': 'middle', text: figure(tick) }, this.svg);
    }
    rows.forEach((row, i) => {
      const middle = (i + 0.5) * tall;
      const color = `var(--c${i % 8})`;
      const label = element('svg:text', { x: left - 10, y: middle + 4, 'text-anchor': 'end', text: row.name }, this.svg);
      if (row.best) label.setAttribute('style', 'font-weight:700;fill:var(--ink)');
      const known = row.values.filter(finite);
      if (known.length === 0) {
        element('svg:text', { class: 'name', x: left + 6, y: middle + 4, text: row.note.split(':')[0] }, this.svg);
        return;
      }
      const mean = known.reduce((a, b) => a + b, 0) / known.length;
      element('svg:line', { x1: toX(Math.min(...known)), x2: toX(Math.max(...known)), y1: middle, y2: middle, style: `stroke:${color};stroke-width:2;opacity:.4` }, this.svg);
      element('svg:line', { x1: toX(mean), x2: toX(mean), y1: middle - 9, y2: middle + 9, style: `stroke:${color};stroke-width:3` }, this.svg);
      row.values.forEach((value, k) => {
        if (!finite(value)) return;
        const dot = element('svg:circle', { cx: toX(value), cy: middle, r: 5, style: `fill:${color}` }, this.svg);
        element('svg:title', { text: `seed ${row.seeds[k]}: ${figure(value)}` }, dot);
      });
    });
  }
}
