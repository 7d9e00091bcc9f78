// Draws docs/figures/projects.svg: which project needs which, from Nx' project graph.
import { toLayers, withoutShortcuts } from './layers.mts';
import { publish } from './page.mts';
import { toPlaces } from './places.mts';
import { readProjects } from './project-imports.mts';
import { drawArrow, drawBox, drawFigure, drawLabel, round } from './svg.mts';

const fills = { app: '#dbeafe', lib: '#f4f4f5', contract: '#dcfce7' };
const projects = await readProjects();
const arrowsOf = (isDrawn: (need: string) => boolean) =>
  new Map(projects.map(({ name, needs }) => [name, [...needs].filter(([, need]) => isDrawn(need)).map(([target]) => target)]));
const needsCode = withoutShortcuts(arrowsOf((need) => need === 'code'));
const needsTypes = arrowsOf((need) => need === 'types');
const graph = toLayers(new Map(projects.map(({ name }) => [name, [...needsCode.get(name)!, ...needsTypes.get(name)!]])));

const width = 940;
const step = 92;
const height = graph.layers.length * step + 44;
const box = { width: 138, height: 40 };
const places = toPlaces(graph, width, (name) => (name.startsWith(':') ? 22 : box.width + 14));
const middles = new Map(graph.layers.flatMap((layer, row) => layer.map((name) => [name, { x: round(places.get(name)!), y: 20 + row * step }] as const)));

const parts: string[] = [];
for (const way of graph.ways) {
  const [from, to] = [way[0]!, way.at(-1)!];
  let path = '';
  way.slice(1).forEach((name, index) => {
    const upper = middles.get(way[index]!)!;
    const lower = middles.get(name)!;
    const start = upper.y + (index === 0 ? box.height : box.height / 2);
    const end = lower.y + (name === to ? -2 : box.height / 2);
    const bend = (start + end) / 2;
    path += `${path ? '' : `M${upper.x} ${start}`}C${upper.x} ${bend} ${lower.x} ${bend} ${lower.x} ${end}`;
  });
  parts.push(drawArrow(path, needsTypes.get(from)!.includes(to)));
}
for (const { name, kind } of projects) {
  const { x, y } = middles.get(name)!;
  parts.push(drawBox({ ...box, x: round(x - box.width / 2), y }, fills[kind], name.replace('contracts-', 'contracts/')));
}
parts.push(
  drawLabel(
    width / 2,
    height - 16,
    'An arrow leads to what is imported. One that follows from others is left out; a dashed one is for types alone.',
    'middle',
    12,
  ),
);
publish('docs/figures/projects.svg', drawFigure('Which project imports which', width, height, parts), 'the projects');
