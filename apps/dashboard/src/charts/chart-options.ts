import { ColorType, CrosshairMode, TickMarkType } from 'lightweight-charts';
import type { ChartOptions, DeepPartial, Time } from 'lightweight-charts';
import { dateAndTime, dayAndMonth, hourAndMinute, timeOfDay } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { themeColor } from '../shell/theme.ts';

const toMs = (time: Time): number => Number(time) * 1_000;

function tickMark(time: Time, type: TickMarkType): string {
  const ms = toMs(time);
  switch (type) {
    case TickMarkType.Year:
    case TickMarkType.Month:
    case TickMarkType.DayOfMonth:
      return dayAndMonth(ms, zone());
    case TickMarkType.Time:
      return hourAndMinute(ms, zone());
    case TickMarkType.TimeWithSeconds:
      return timeOfDay(ms, zone());
  }
}

/** Colours of the theme, times of the chosen zone. */
export function chartOptions(): DeepPartial<ChartOptions> {
  const line = themeColor('grid');
  const border = themeColor('line');
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: themeColor('surface') },
      textColor: themeColor('muted'),
      fontFamily: getComputedStyle(document.documentElement).fontFamily,
      fontSize: 11,
      // Its logo would bring a style element that the policy forbids; the page names the library beside the chart.
      attributionLogo: false,
      panes: { separatorColor: border, separatorHoverColor: border },
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderColor: border },
    timeScale: {
      borderColor: border,
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 6,
      minBarSpacing: 0.5,
      tickMarkFormatter: tickMark,
    },
    localization: { timeFormatter: (time: Time) => dateAndTime(toMs(time), zone()) },
  };
}
