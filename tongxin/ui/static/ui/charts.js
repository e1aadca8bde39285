/* Draws one chart from its data with ECharts: SVG, Chinese labels, tooltips as text (an HTML one would need inline styles). */
"use strict";
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawn = [];

  function tones() {
    const inked = { ink: css("--ink"), soft: css("--ink-soft"), line: css("--line"), sheet: css("--sheet"), accent: css("--accent") };
    const state = { met: css("--met"), open: css("--open"), missed: css("--missed"), not_expected: css("--line-strong"), waived: css("--none") };
    for (const n of [1, 2, 3, 4, 5]) state[`shade-${n}`] = css(`--grade-${n}`);
    return { ...inked, state, series: [css("--accent"), css("--care"), css("--open"), css("--met"), css("--missed"), css("--ink-soft")] };
  }
  const symbols = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
  const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 2], [12, 4]];
  const patterns = {
    met: { symbol: "none" },
    open: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4, color: "rgba(255,255,255,.45)" },
    missed: { symbol: "circle", symbolSize: 0.5, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], color: "rgba(255,255,255,.6)" },
  };
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13 };

  function shared(tone, data) {
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 300,
      textStyle: font,
      aria: { enabled: false },
      grid: { left: 8, right: 24, top: 28, bottom: 8, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: tone.sheet, borderColor: tone.line,
        textStyle: { color: tone.ink, ...font }, valueFormatter: (value) => (value === null || value === undefined ? "–" : `${value}${data.unit}`),
      },
    };
  }
  const axis = (tone) => ({ axisLine: { lineStyle: { color: tone.line } }, axisTick: { show: false }, axisLabel: { color: tone.soft, ...font }, nameTextStyle: { color: tone.soft, ...font } });
  const values = (tone, data) => {
    const scale = { type: "value", max: data.top ?? undefined, min: 0, splitLine: { lineStyle: { color: tone.line, type: "dotted" } }, ...axis(tone), axisLine: { show: false } };
    scale.axisLabel = { ...scale.axisLabel, hideOverlap: true, formatter: `{value}${data.unit.length < 3 ? data.unit : ""}` };
    return scale;
  };
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  function lines(tone, data, narrow) {
    const longest = Math.max(0, ...data.series.map((one) => one.name.length));
    const beside = longest <= (narrow ? 4 : 10) && data.series.length < 5;
    return {
      ...shared(tone, data),
      grid: { left: 8, right: beside ? 20 + 13 * (data.series.length > 1 ? longest : 3) : 24, top: beside ? 16 : 44, bottom: 8, containLabel: true },
      legend: !beside ? { top: 0, left: 0, textStyle: { color: tone.ink, ...font } } : { show: false },
      xAxis: { type: "category", data: data.labels, boundaryGap: false, ...axis(tone) },
      yAxis: values(tone, data),
      series: data.series.map((one, place) => {
        const colour = tone.state[one.state] || tone.series[place % tone.series.length];
        return {
          name: one.name, type: "line", data: one.values, symbol: symbols[place % symbols.length], symbolSize: 7, lineStyle: { width: 2.5, color: colour, type: dashes[place % dashes.length] }, itemStyle: { color: colour }, connectNulls: false,
          endLabel: { show: beside, formatter: data.series.length > 1 ? "{a}" : "{c}" + data.unit, color: colour, ...font },
          labelLayout: { moveOverlap: "shiftY" },
          markLine: place === 0 && data.target !== null ? { symbol: "none", silent: true, lineStyle: { color: tone.soft, type: "dashed" }, label: { formatter: data.targetLabel, position: "insideStartTop", color: tone.soft, ...font }, data: [{ yAxis: data.target }] } : undefined,
        };
      }),
    };
  }

  function bars(tone, data, narrow) {
    const names = { type: "category", data: data.labels, inverse: data.lying, ...axis(tone), axisLabel: { color: tone.ink, ...font, width: narrow ? 92 : 180, overflow: "break", interval: 0, formatter: (text) => cut(text, narrow ? 13 : 26) } };
    const many = data.series.length > 1;
    return {
      ...shared(tone, data),
      grid: { left: 8, right: 48, top: many ? 40 : 12, bottom: 8, containLabel: true },
      legend: many ? { top: 0, left: 0, textStyle: { color: tone.ink, ...font }, itemWidth: 16, itemHeight: 12 } : { show: false },
      [data.lying ? "yAxis" : "xAxis"]: names,
      [data.lying ? "xAxis" : "yAxis"]: values(tone, data),
      series: data.series.map((one, place) => {
        const colour = tone.state[one.state] || tone.series[place % tone.series.length];
        return {
          name: one.name, type: "bar", stack: data.stacked ? "all" : undefined, data: one.values, barMaxWidth: 26, barMinHeight: 0,
          itemStyle: { color: colour, borderColor: one.state.startsWith("shade") ? tone.soft : tone.sheet, borderWidth: data.stacked ? 1 : 0, decal: data.stacked ? patterns[one.state] : undefined, borderRadius: data.stacked ? 0 : 2 },
          label: { show: !data.stacked, position: data.lying ? "right" : "top", formatter: (point) => (point.value === null ? "" : `${point.value}${data.unit}`), color: tone.ink, ...font },
        };
      }),
    };
  }

  function funnel(tone, data, narrow) {
    const option = bars(tone, { ...data, lying: true, series: [{ name: data.unit, values: data.values, state: "" }] }, narrow);
    option.xAxis.show = false;
    option.grid.right = 128;
    option.series[0].itemStyle.color = tone.series[1];
    option.series[0].label.formatter = (point) => `${point.value} ${data.unit} · ${data.shares[point.dataIndex]}`;
    return option;
  }

  const kinds = { lines, bars, funnel };
  function option(plot, data) { return kinds[data.kind](tones(), data, plot.clientWidth < 520); }

  globalThis.drawChart = (plot, data) => {
    plot.textContent = "";
    plot.dataset.drawn = "";
    const rows = data.kind === "lines" || !data.lying && data.kind === "bars" ? 0 : data.labels.length;
    const height = rows ? Math.max(120, rows * (data.stacked || data.kind === "funnel" || data.series.length < 2 ? 40 : 28 * data.series.length) + 56) : 300;
    const chart = globalThis.echarts.init(plot, null, { renderer: "svg", locale: document.documentElement.lang === "en" ? "EN" : "ZH", height });
    chart.setOption(option(plot, data));
    drawn.push([chart, plot, data]);
    new ResizeObserver(() => { chart.resize(); chart.setOption(option(plot, data)); }).observe(plot);
  };
  const again = () => { for (const [chart, plot, data] of drawn) chart.setOption(option(plot, data), true); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("beforeprint", () => { for (const [chart] of drawn) chart.resize({ width: 640 }); });
  addEventListener("afterprint", () => { for (const [chart] of drawn) chart.resize({ width: "auto" }); });
})();
