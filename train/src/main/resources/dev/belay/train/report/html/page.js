// Draws what the page holds, again when its width or its colours change.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const parent = document.getElementById('charts');
  const kinds = { lines: LineChart, heat: HeatMap, strip: Strip };
  for (const spec of data.charts) new kinds[spec.kind](spec, parent);
  const redraw = () => zoom.charts.forEach((chart) => chart.draw());
  redraw(); // the first were drawn while they had the page for themselves
  let width = parent.clientWidth;
  new ResizeObserver(() => {
    if (parent.clientWidth === width) return;
    width = parent.clientWidth;
    redraw();
  }).observe(parent);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
})();
