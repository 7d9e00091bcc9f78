// Draws docs/figures/request.svg: the processes, and who calls which package, as the services say it of themselves.
import { calleesOf, callersOf, isEdge, readServices, type Service } from '#services';
import { publish } from './page.mts';
import { type Box, drawArrow, drawBox, drawFigure, drawLabel } from './svg.mts';

const installed = readServices('.');
const gateway = installed.find(isEdge)!;
const callersOfService = ({ packages }: Service) => new Set(packages.flatMap((name) => callersOf(name, installed))).size;
// those that others call stand beside each other
const services = installed.filter((each) => each !== gateway).sort((one, other) => callersOfService(other) - callersOfService(one));
const toLabel = (packages: readonly string[]) => packages.map((name) => name.replace('gatehouse.', '')).join(', ');

const width = 940;
const top = 24;
const step = 150;
/** What a service is about, where a word says it. */
const topics: Readonly<Record<string, string>> = { user: 'people', auth: 'proof' };
const colors = ['#fef3c7', '#dcfce7', '#fae8ff', '#ffe4e6'];
const size = { width: 150, height: 60 };
const boxOf = new Map<string, Box>(services.map(({ name }, index) => [name, { x: 510, y: top + index * step, ...size }]));
const height = top + (services.length - 1) * step + size.height + 84;
const middle = top + ((services.length - 1) * step) / 2;
const edge: Box = { x: 250, y: middle, ...size };

const parts = [
  drawBox({ x: 20, y: middle, ...size }, '#f4f4f5', 'browser, app, curl', 'HTTP, JSON'),
  drawBox(edge, '#dbeafe', gateway.name, `:${gateway.ports.http} · transcoding`),
  drawArrow(`M170 ${middle + 30}H248`),
  drawLabel(209, middle + 22, 'HTTP'),
];
services.forEach(({ name, packages, ports, hasDatabase }, index) => {
  const { x, y } = boxOf.get(name)!;
  parts.push(
    drawBox({ x, y, ...size }, colors[index % colors.length]!, name, [`:${ports.grpc}`, topics[name] ?? []].flat().join(' · ')),
    drawArrow(`M400 ${middle + 30}C455 ${middle + 30} 440 ${y + 30} ${x - 2} ${y + 30}`),
    drawLabel(x - 12, y < middle ? y + 22 : y + 46, toLabel(packages), 'end'),
  );
  if (hasDatabase)
    parts.push(
      drawBox({ x: 750, y, width: 170, height: 60 }, '#f4f4f5', 'PostgreSQL', `gatehouse_${name}`),
      drawArrow(`M660 ${y + 30}H748`),
      drawLabel(728, y + 22, 'SQL'),
    );
});
for (const caller of services)
  for (const callee of calleesOf(caller, installed)) {
    const called = callee.packages.filter((name) => caller.calls.includes(name));
    // keys and revocations
    const isBesides = called.every((name) => name === 'gatehouse.verifier.v1');
    const from = boxOf.get(caller.name)!;
    const to = boxOf.get(callee.name)!;
    const isDown = to.y > from.y;
    // down on the left, up on the right
    const x = from.x + (isDown ? 40 : size.width - 40);
    const [start, end] = isDown ? [from.y + size.height, to.y - 2] : [from.y, to.y + size.height + 2];
    const right = from.x + size.width;
    if (Math.abs(to.y - from.y) === step)
      parts.push(
        drawArrow(`M${x} ${start}V${end}`, isBesides),
        drawLabel(x + (isDown ? -8 : 8), (start + end) / 2 + 4, toLabel(called), isDown ? 'end' : 'start'),
      );
    else parts.push(drawArrow(`M${right} ${from.y + 45}C${right + 70} ${from.y + 45} ${right + 70} ${to.y + 45} ${right + 2} ${to.y + 45}`, isBesides));
  }
parts.push(
  drawLabel(width / 2, height - 40, 'one trace, one request id, one deadline, one principal, one client: carried by every arrow', 'middle', 13),
  drawLabel(
    width / 2,
    height - 18,
    'an error walks the same road back: thrown once, google.rpc.Status between the services, problem+json at the edge',
    'middle',
    13,
  ),
);
publish('docs/figures/request.svg', drawFigure('The road of a request', width, height, parts), 'the services');
