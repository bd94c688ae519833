// Draws the plots of a drill's page from the JSON in it, with tools.js. Plain JavaScript, without a build step.
const kinds = ["write", "compare-and-swap", "linearizable read", "serializable read"];
const classes = ["acknowledged", "ambiguous: applied or not, nobody knows", "failed"];

function operationTip(u, left, top, i) {
  const o = data.operations, lines = [];
  if (i >= 0) {
    lines.push(`${kinds[o.kind[i]]} at ${data.members[o.member[i]]}`, `${seconds(o.at[i])}: ${classes[o.class[i]]} after ${millis(o.ms[i])}`);
    if (o.detail[i]) lines.push(o.detail[i]);
  } else {
    const t = u.posToVal(left, "x");
    for (const g of data.gaps) if (g.from <= t && t <= g.to) lines.push(g.text);
    for (const g of data.outages) if (g.from <= t && t <= g.to) lines.push("the API server did not answer: " + g.text);
  }
  for (const e of data.events) if (Math.abs(u.valToPos(e.at, "x") - left) < 5) lines.push(`${seconds(e.at)}: ${e.text}`);
  return lines;
}

function base(id, height, extra) {
  const element = document.getElementById(id);
  return {
    width: Math.max(280, element.clientWidth), height,
    legend: { live: false, markers: { width: 0, fill: (u, i) => u.series[i].stroke(u, i) } },
    ...extra,
    cursor: { points: { show: false }, drag: { x: true, y: false, dist: 5 }, ...extra.cursor },
  };
}

function operationsPlot(height) {
  const o = data.operations;
  const pick = (test, value) => o.at.map((_, i) => test(i) ? value(i) : null);
  const size = o.at.length > 10000 ? 1.4 : 2;
  const took = (i) => Math.max(o.ms[i], 0.01), ok = (i) => o.class[i] === 0;
  const options = base("operations", height, {
    padding: [44, 14, 0, 0],
    scales: { x: { time: false, range: (u, min, max) => min == null ? [data.from, data.to] : [min, max] }, ms: logScale, band: { range: [0, 1] } },
    axes: axes({ scale: "ms", splits: logSplits, values: (u, splits) => splits.map(millis) }),
    series: [
      { label: "time" },
      points("writes", colour("write"), "ms", circle, size),
      points("linearizable reads", colour("read"), "ms", circle, size),
      points("serializable reads", colour("local"), "ms", circle, size),
      points("ambiguous", colour("ambiguous"), "band", cross, 3),
      points("failed", colour("failed"), "band", cross, 3),
    ],
    cursor: { sync: { key: "drill" } },
    hooks: { drawClear: [background], draw: [foreground(true)], setCursor: [tips(operationTip)] },
  });
  return [options, [
    o.at,
    pick((i) => ok(i) && o.kind[i] < 2, took), pick((i) => ok(i) && o.kind[i] === 2, took), pick((i) => ok(i) && o.kind[i] === 3, took),
    pick((i) => o.class[i] === 1, () => 0.925), pick((i) => o.class[i] === 2, () => 0.97),
  ]];
}

function ratesPlot(height) {
  const r = data.rates;
  const tip = (u, left) => {
    const i = Math.max(0, Math.min(r.at.length - 1, Math.floor((u.posToVal(left, "x") - r.at[0]) / r.width)));
    return [`${seconds(r.at[i])} to ${seconds(r.at[i] + r.width)}`, ...data.members.map((m, k) => `${m}: ${r.counts[k][i]}`)];
  };
  const options = base("rates", height, {
    padding: [8, 14, 0, 0],
    scales: { x: { time: false, range: (u, min, max) => min == null ? [data.from, data.to] : [min, max] }, y: { range: (u, min, max) => [0, Math.max(1, max) * 1.08] } },
    axes: axes({ incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], space: 28 }),
    series: [{ label: "time" }, ...data.members.map((m, i) => ({
      label: m + (data.targets.includes(m) ? " (hit)" : ""), stroke: palette(i), width: 1.5, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }),
    }))],
    cursor: { sync: { key: "drill" } },
    hooks: { drawClear: [background], draw: [foreground(false)], setCursor: [tips(tip)] },
  });
  return [options, [r.at, ...r.counts]];
}

function roundsPlot(height) {
  const pick = (test) => data.ms.map((v, i) => test(i) ? Math.max(v, 0.01) : null);
  const options = base("rounds", height, {
    padding: [14, 14, 0, 0],
    scales: { x: { time: false, range: (u, min, max) => [min - 0.5, max + 0.5] }, ms: logScale },
    axes: axes({ scale: "ms", splits: logSplits, values: (u, splits) => splits.map(millis) }),
    series: [
      { label: "round" },
      ...data.faults.map((f, k) => points(f, palette(k), "ms", circle, 4)),
      points("failed", colour("failed"), "ms", cross, 6),
    ],
    hooks: { setCursor: [tips((u, left, top, i) => i < 0 ? [] : [data.text[i], "no write for " + millis(data.ms[i])])] },
  });
  options.axes[0].values = (u, splits) => splits.map((v) => Number.isInteger(v) ? v : "");
  options.axes[0].incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  return [options, [data.round, ...data.faults.map((f, k) => pick((i) => data.fault[i] === k)), pick((i) => data.failed[i])]];
}

let plots = [];

// zoomTogether keeps the same time range in all plots.
function zoomTogether(u, scale) {
  if (scale !== "x") return;
  const { min, max } = u.scales.x;
  for (const other of plots) {
    if (other !== u && (other.scales.x.min !== min || other.scales.x.max !== max)) other.setScale("x", { min, max });
  }
}

function draw() {
  for (const u of plots) u.destroy();
  plots = [];
  const narrow = document.documentElement.clientWidth < 600;
  const all = data.kind === "drill"
    ? { operations: operationsPlot(narrow ? 340 : 440), rates: ratesPlot(narrow ? 150 : 180) }
    : { rounds: roundsPlot(narrow ? 300 : 380) };
  for (const [id, [options, values]] of Object.entries(all)) {
    options.hooks.setScale = [zoomTogether];
    plots.push(new uPlot(options, values, document.getElementById(id)));
  }
}

const first = document.querySelector(".plot");
let width = first.clientWidth;
draw();
new ResizeObserver(() => {
  if (first.clientWidth === width) return;
  width = first.clientWidth;
  requestAnimationFrame(draw); // not in the observer's callback, which would observe its own changes
}).observe(first);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
// Print in light colours and at the paper's width.
addEventListener("beforeprint", () => { document.documentElement.classList.add("paper"); draw(); });
addEventListener("afterprint", () => { document.documentElement.classList.remove("paper"); draw(); });
