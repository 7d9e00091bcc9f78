import type { Edge, ServiceNode } from '../src/answers';
import { toPercentile, toRate } from './format';

interface Place {
  readonly x: number;
  readonly y: number;
}
interface Arrow {
  readonly from: Place;
  readonly to: Place;
  readonly label: Place & { readonly anchor: 'start' | 'middle' | 'end' };
}

const places: Readonly<Record<string, Place>> = {
  clients: { x: 64, y: 210 },
  gateway: { x: 308, y: 210 },
  auth: { x: 540, y: 60 },
  user: { x: 540, y: 360 },
  'auth database': { x: 786, y: 60 },
  'user database': { x: 786, y: 360 },
};
const elsewhere: Place = { x: 786, y: 210 };
const placeOf = (name: string) => places[name] ?? elsewhere;
const size = { width: 122, height: 46 };

interface ServiceMapProps {
  nodes: readonly ServiceNode[];
  edges: readonly Edge[];
  selected: string;
  onSelect: (name: string) => void;
}

/** Who calls whom: on each arrow calls a second, the 95th percentile, and what failed. */
export function ServiceMap({ nodes, edges, selected, onSelect }: ServiceMapProps) {
  const known = new Map(nodes.map((node) => [node.name, node]));
  const names = [...new Set(['clients', ...known.keys(), ...edges.flatMap(({ from, to }) => [from, to])])];
  return (
    <svg class="map" viewBox="0 0 850 420" role="img" aria-label="Services and the calls between them">
      <defs>
        <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {edges.map((edge) => (
        <EdgeArrow key={`${edge.from} ${edge.to}`} edge={edge} />
      ))}
      {names.map((name) => (
        <Node key={name} name={name} node={known.get(name)} isSelected={name === selected} onSelect={onSelect} />
      ))}
    </svg>
  );
}

function Node({ name, node, isSelected, onSelect }: { name: string; node: ServiceNode | undefined; isSelected: boolean; onSelect: (name: string) => void }) {
  const { x, y } = placeOf(name);
  const parts = node && [
    node.cpu === null ? '' : `${(node.cpu * 100).toFixed(node.cpu < 0.1 ? 1 : 0)}% cpu`,
    node.memoryBytes === null ? '' : `${Math.round(node.memoryBytes / 1e6)} MB`,
  ];
  const state = !node ? '' : node.isUp ? parts!.filter(Boolean).join(' · ') : 'no answer';
  const [title, kind] = name.endsWith(' database') ? [name.slice(0, -9), 'database'] : [name, ''];
  return (
    <g
      class={`node ${node ? `service ${name}` : ''} ${isSelected ? 'selected' : ''} ${node && !node.isUp ? 'down' : ''}`}
      onClick={node && (() => onSelect(name))}
    >
      <rect x={x - size.width / 2} y={y - size.height / 2} width={size.width} height={size.height} rx={kind ? 20 : 8} />
      <text x={x} y={state || kind ? y - 3 : y + 5}>
        {title}
      </text>
      <text class="state" x={x} y={y + 14}>
        {kind || state}
      </text>
    </g>
  );
}

function EdgeArrow({ edge }: { edge: Edge }) {
  const { from, to, label } = toArrow(edge);
  const outcome = edge.failed ? 'failed' : edge.total === 0 ? 'idle' : '';
  const unhappy = [edge.failed && `${edge.failed} failed`, edge.refused && `${edge.refused} refused`].filter(Boolean).join(', ');
  return (
    <g class={`edge ${outcome}`} data-edge={`${edge.from} → ${edge.to}`}>
      <title>{`${edge.from} → ${edge.to}: ${edge.total} calls in the last minute, ${edge.refused} refused, ${edge.failed} failed`}</title>
      <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} marker-end="url(#tip)" />
      {edge.total > 0 && (
        <text x={label.x} y={label.y} text-anchor={label.anchor}>
          <tspan>{`${toRate(edge.rate)} · p95 ${toPercentile(edge.p95, edge.finest)}`}</tspan>
          {unhappy && (
            <tspan class={edge.failed ? 'failed' : 'refused'} x={label.x} dy="13">
              {unhappy}
            </tspan>
          )}
        </text>
      )}
    </g>
  );
}

/** From the border of one node to that of the other; two that call each other have an arrow each way. */
function toArrow({ from, to }: Edge): Arrow {
  const [start, end] = [placeOf(from), placeOf(to)];
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  if (start.x === end.x) {
    const down = end.y > start.y;
    const x = start.x + (down ? 14 : -14);
    const half = (size.height / 2 + 1) * (down ? 1 : -1);
    return { from: { x, y: start.y + half }, to: { x, y: end.y - half }, label: { x: x + (down ? 10 : -10), y: middle.y - 2, anchor: down ? 'start' : 'end' } };
  }
  const half = (size.width / 2 + 1) * (end.x > start.x ? 1 : -1);
  const isLevel = start.y === end.y;
  const isRising = end.y < start.y;
  const label = {
    x: isLevel ? middle.x : middle.x - 12,
    y: isLevel ? middle.y - 22 : middle.y + (isRising ? -14 : 20),
    anchor: isLevel ? ('middle' as const) : ('end' as const),
  };
  return { from: { x: start.x + half, y: start.y }, to: { x: end.x - half, y: end.y }, label };
}
