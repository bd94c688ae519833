// Drawing tools for uPlot: scales, shapes, shades, marks and tooltips.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const font = (px) => px * devicePixelRatio + "px system-ui, sans-serif";
const minus = (text) => String(text).replace("-", "\u2212");
const seconds = (v) => minus(+v.toFixed(4)) + " s";
const millis = (v) => v >= 1000 ? +(v / 1000).toPrecision(4) + " s" : +v.toPrecision(4) + " ms";
const palette = (i) => colour("c" + (i % 7));

// The share of a plot's height for latencies. Points without a latency are above it.
const ceiling = 0.86;

// logScale is a logarithmic scale that keeps the room above the ceiling free.
const logScale = {
  distr: 3,
  range: (u, min, max) => {
    if (!(min > 0)) return [0.1, 1000];
    const low = Math.floor(Math.log10(min));
    return [10 ** low, 10 ** (low + Math.max(1, Math.log10(max) - low) / ceiling)];
  },
};

function logSplits(u, axis, min, max) {
  const low = Math.round(Math.log10(min)), decades = Math.log10(max / min), out = [];
  const top = min * (max / min) ** ceiling;
  for (let e = low; 10 ** e <= top; e++) {
    for (const f of decades < 3 ? [1, 2, 5] : [1]) {
      if (f * 10 ** e <= top) out.push(f * 10 ** e);
    }
  }
  return out;
}

function axes(y) {
  const common = { stroke: colour("muted"), font: "12px system-ui, sans-serif", grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  return [
    { ...common, values: (u, splits) => splits.map(seconds), space: 60, size: 32 },
    { ...common, size: 74, ...y },
  ];
}

// Shapes of points, each drawn around a position.
const circle = (c, x, y, r) => { c.moveTo(x + r, y); c.arc(x, y, r, 0, 2 * Math.PI); };
const cross = (c, x, y, r) => { c.moveTo(x - r, y - r); c.lineTo(x + r, y + r); c.moveTo(x + r, y - r); c.lineTo(x - r, y + r); };

// points returns a series that is drawn as points.
function points(label, ink, scale, shape, radius) {
  return {
    label, scale, stroke: ink, fill: ink, points: { show: false },
    paths: (u, s, from, to) => {
      const path = new Path2D(), xs = u.data[0], ys = u.data[s], r = radius * devicePixelRatio;
      for (let i = from; i <= to; i++) {
        if (ys[i] != null) shape(path, Math.round(u.valToPos(xs[i], "x", true)), Math.round(u.valToPos(ys[i], scale, true)), r);
      }
      return shape === circle ? { fill: path } : { stroke: path };
    },
    width: 1.5,
  };
}

// shade fills a time range over the whole height.
function shade(u, from, to, fill) {
  const { left, top, width, height } = u.bbox, c = u.ctx;
  const a = Math.max(left, u.valToPos(from, "x", true)), b = Math.min(left + width, u.valToPos(to, "x", true));
  if (b <= a) return;
  c.fillStyle = fill;
  c.fillRect(a, top, Math.max(1, b - a), height);
}

// hatch is a pattern of slanting lines, which distinguishes shades without colour.
function hatch(c, ink) {
  const tile = document.createElement("canvas"), n = 8 * devicePixelRatio;
  tile.width = tile.height = n;
  const t = tile.getContext("2d");
  t.strokeStyle = ink;
  t.lineWidth = 1.5 * devicePixelRatio;
  t.beginPath();
  for (const d of [-n, 0, n]) { t.moveTo(d, n); t.lineTo(d + n, 0); }
  t.stroke();
  return c.createPattern(tile, "repeat");
}

function background(u) {
  for (const g of data.gaps) shade(u, g.from, g.to, colour(g.longest ? "longest" : "gap"));
  for (const o of data.outages) shade(u, o.from, o.to, hatch(u.ctx, colour("outage")));
}

// foreground draws the marks as lines, and their names above the plot if labelled. From right to left, each name gets
// the lowest free row, so that no line crosses another name.
function foreground(labelled) {
  return (u) => {
    const { left, top, width, height } = u.bbox, c = u.ctx, dpr = devicePixelRatio, taken = [];
    c.save();
    c.font = font(12);
    c.textAlign = "left";
    c.textBaseline = "alphabetic";
    c.lineWidth = 1.5 * dpr;
    for (const m of [...data.marks].sort((a, b) => b.at - a.at)) {
      const x = Math.round(u.valToPos(m.at, "x", true));
      if (x < left - 1 || x > left + width + 1) continue;
      const w = c.measureText(m.text).width, at = Math.min(x + 4 * dpr, left + width - w);
      let row = 0;
      while (row < 2 && taken[row] < at + w + 8 * dpr) row++;
      taken[row] = x;
      const y = top - (5 + 15 * row) * dpr;
      c.strokeStyle = c.fillStyle = colour(m.kind);
      c.setLineDash(m.kind === "fault" ? [] : [5 * dpr, 4 * dpr]);
      c.beginPath();
      c.moveTo(x, labelled && at > x ? y - 9 * dpr : top);
      c.lineTo(x, top + height);
      c.stroke();
      if (labelled) c.fillText(m.text, at, y);
    }
    c.setLineDash([]);
    if (labelled) events(u), gapLabels(u), band(u);
    c.restore();
  };
}

// events are small marks at the bottom of the plot.
function events(u) {
  const { left, top, width, height } = u.bbox, c = u.ctx, r = 4 * devicePixelRatio, y = top + height;
  c.fillStyle = colour("muted");
  for (const e of data.events) {
    const x = u.valToPos(e.at, "x", true);
    if (x < left || x > left + width) continue;
    c.beginPath();
    c.moveTo(x, y - 1.6 * r);
    c.lineTo(x + r, y);
    c.lineTo(x - r, y);
    c.fill();
  }
}

// gapLabels labels a gap with its length if there is room, and always the longest.
function gapLabels(u) {
  const { left, top, width, height } = u.bbox, c = u.ctx, dpr = devicePixelRatio;
  for (const g of data.gaps) {
    const w = c.measureText(g.text).width, from = u.valToPos(g.from, "x", true), to = u.valToPos(g.to, "x", true);
    if (to < left || from > left + width || !g.longest && to - from < w + 8 * dpr) continue;
    const x = Math.max(left + 4 * dpr, Math.min((from + to - w) / 2, left + width - w - 4 * dpr)), y = top + height - 14 * dpr;
    c.fillStyle = colour("paper");
    c.globalAlpha = 0.85;
    c.fillRect(x - 4 * dpr, y - 13 * dpr, w + 8 * dpr, 18 * dpr);
    c.globalAlpha = 1;
    c.fillStyle = colour("longest-text");
    c.fillText(g.text, x, y);
  }
}

// band names the rows of points without a latency.
function band(u) {
  const { left, top, width } = u.bbox, c = u.ctx, dpr = devicePixelRatio, y = u.valToPos(0.89, "band", true);
  c.strokeStyle = colour("grid");
  c.lineWidth = dpr;
  c.beginPath();
  c.moveTo(left, y);
  c.lineTo(left + width, y);
  c.stroke();
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.font = font(11);
  for (const [name, at] of [["failed", 0.97], ["ambiguous", 0.925]]) {
    c.fillStyle = colour(name);
    c.fillText(name, left - 6 * dpr, u.valToPos(at, "band", true));
  }
  c.textAlign = "left";
  c.textBaseline = "alphabetic";
}

// tips shows a tooltip near the cursor: text returns its lines for the index of a value, or none.
function tips(text) {
  return (u) => {
    let tip = u.over.querySelector(".tip");
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "tip";
      u.over.append(tip);
    }
    const { left, top } = u.cursor, lines = left == null || left < 0 ? [] : text(u, left, top, nearest(u, left, top));
    tip.hidden = lines.length === 0;
    if (tip.hidden) return;
    tip.textContent = lines.join("\n");
    const right = left > u.over.clientWidth / 2, low = top > u.over.clientHeight / 2;
    tip.style.left = right ? "auto" : left + 14 + "px";
    tip.style.right = right ? u.over.clientWidth - left + 14 + "px" : "auto";
    tip.style.top = low ? "auto" : top + 14 + "px";
    tip.style.bottom = low ? u.over.clientHeight - top + 14 + "px" : "auto";
  };
}

// nearest returns the index of the shown point nearest to the cursor, or -1.
function nearest(u, left, top) {
  const xs = u.data[0], reach = 14;
  let best = -1, least = reach * reach;
  const visit = (i) => {
    const dx = u.valToPos(xs[i], "x") - left;
    if (Math.abs(dx) > reach) return false;
    for (let s = 1; s < u.series.length; s++) {
      const y = u.data[s][i];
      if (y == null || !u.series[s].show) continue;
      const dy = u.valToPos(y, u.series[s].scale) - top, d = dx * dx + dy * dy;
      if (d < least) best = i, least = d;
    }
    return true;
  };
  const middle = u.posToIdx(left);
  for (let i = middle; i >= 0 && i < xs.length && visit(i);) i--;
  for (let i = middle + 1; i < xs.length && visit(i);) i++;
  return best;
}
