import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  PrimitivePaneViewZOrder,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';
import { themeColor } from '../shell/theme.ts';

/** In positions of candles: 3.5 lies between the fourth and the fifth. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];

/** Behind the candles: bands where data are missing, lines where a session begins. */
export class Shading implements ISeriesPrimitive<Time>, IPrimitivePaneView, IPrimitivePaneRenderer {
  #chart: Pick<IChartApi, 'timeScale'> | undefined;
  #request: (() => void) | undefined;
  #bands: readonly Band[] = [];
  #breaks: readonly number[] = [];

  attached(parameters: SeriesAttachedParameter<Time>): void {
    this.#chart = parameters.chart as unknown as Pick<IChartApi, 'timeScale'>;
    this.#request = parameters.requestUpdate;
  }

  show(bands: readonly Band[], breaks: readonly number[]): void {
    this.#bands = bands;
    this.#breaks = breaks;
    this.#request?.();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this];
  }

  zOrder(): PrimitivePaneViewZOrder {
    return 'bottom';
  }

  renderer(): IPrimitivePaneRenderer {
    return this;
  }

  draw(target: Target): void {
    const scale = this.#chart?.timeScale();
    if (scale === undefined) return;
    const at = (position: number): number | null => {
      // Only whole positions have a coordinate: what lies between is interpolated.
      const left = scale.logicalToCoordinate(Math.floor(position) as Logical);
      const right = scale.logicalToCoordinate((Math.floor(position) + 1) as Logical);
      return left === null || right === null
        ? null
        : left + (right - left) * (position - Math.floor(position));
    };
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.fillStyle = themeColor('gap');
      for (const { from, to } of this.#bands) {
        const left = at(from);
        const right = at(to);
        if (left !== null && right !== null && right >= 0 && left <= mediaSize.width)
          context.fillRect(left, 0, Math.max(2, right - left), mediaSize.height);
      }
      context.strokeStyle = themeColor('line-strong');
      context.setLineDash([3, 3]);
      for (const position of this.#breaks) {
        const x = at(position);
        if (x === null || x < 0 || x > mediaSize.width) continue;
        context.beginPath();
        context.moveTo(Math.round(x) + 0.5, 0);
        context.lineTo(Math.round(x) + 0.5, mediaSize.height);
        context.stroke();
      }
    });
  }
}
