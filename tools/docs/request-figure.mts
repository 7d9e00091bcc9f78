// Draws docs/figures/request.svg: the processes, and who calls which service, by what their code binds and calls.
import { globSync, readFileSync } from 'node:fs';
import { readConfigSchema } from './config-schema.mts';
import { publish } from './page.mts';
import { type Box, drawArrow, drawBox, drawFigure, drawLabel } from './svg.mts';

interface Service {
  readonly name: string;
  /** gRPC services, without their package. */
  readonly serves: readonly string[];
  readonly calls: readonly string[];
  readonly port: unknown;
}

async function readService(name: string): Promise<Service> {
  const text = globSync(`apps/${name}/src/**/*.ts`, { exclude: ['**/gen/**'] })
    .filter((file) => !file.endsWith('.test.ts'))
    .sort()
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const find = (call: string) => [...new Set([...text.matchAll(new RegExp(`\\b${call}\\(\\s*(\\w+)Definition\\b`, 'g'))].map(([, service]) => service!))];
  const { shape } = await readConfigSchema(name);
  const port = shape[`${name.toUpperCase()}_GRPC_PORT`] ?? shape[`${name.toUpperCase()}_HTTP_PORT`];
  return { name, serves: find('bindService'), calls: find('createClient'), port: port?.safeParse(undefined).data };
}

const names = globSync('apps/*/src/app.ts')
  .map((file) => file.split(/[/\\]/)[1]!)
  .sort();
const all = await Promise.all(names.map(readService));
const gateway = all.find(({ serves }) => serves.length === 0)!;
const serverOf = (service: string) => all.find(({ serves }) => serves.includes(service))!;
// those that others call stand beside each other
const callersOf = ({ serves }: Service) => all.filter(({ calls }) => calls.some((each) => serves.includes(each))).length;
const services = all
  .filter((each) => each !== gateway)
  .sort((one, other) => callersOf(one) - callersOf(other) || (one.name > other.name ? -1 : 1))
  .reverse();

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
  drawBox(edge, '#dbeafe', gateway.name, `:${gateway.port} · transcoding`),
  drawArrow(`M170 ${middle + 30}H248`),
  drawLabel(209, middle + 22, 'HTTP'),
];
services.forEach(({ name, serves, port }, index) => {
  const { x, y } = boxOf.get(name)!;
  parts.push(
    drawBox({ x, y, ...size }, colors[index % colors.length]!, name, [`:${port}`, topics[name] ?? []].flat().join(' · ')),
    drawBox({ x: 750, y, width: 170, height: 60 }, '#f4f4f5', 'PostgreSQL', `gatehouse_${name}`),
    drawArrow(`M660 ${y + 30}H748`),
    drawLabel(704, y + 22, 'SQL'),
    drawArrow(`M400 ${middle + 30}C455 ${middle + 30} 440 ${y + 30} ${x - 2} ${y + 30}`),
    drawLabel(x - 12, y < middle ? y + 22 : y + 46, serves.join(', '), 'end'),
  );
});
for (const caller of services)
  caller.calls.forEach((service) => {
    const from = boxOf.get(caller.name)!;
    const to = boxOf.get(serverOf(service).name)!;
    const isDown = to.y > from.y;
    const isNext = Math.abs(to.y - from.y) === step;
    // down on the left, up on the right; keys and revocations are dashed
    const x = from.x + (isDown ? 40 : size.width - 40);
    const [start, end] = isDown ? [from.y + size.height, to.y - 2] : [from.y, to.y + size.height + 2];
    const right = from.x + size.width;
    parts.push(
      drawArrow(
        isNext ? `M${x} ${start}V${end}` : `M${right} ${from.y + 45}C${right + 70} ${from.y + 45} ${right + 70} ${to.y + 45} ${right + 2} ${to.y + 45}`,
        service === 'VerifierService',
      ),
    );
    if (isNext) parts.push(drawLabel(x + (isDown ? -8 : 8), (start + end) / 2 + 4, service, isDown ? 'end' : 'start'));
  });
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
publish('docs/figures/request.svg', drawFigure('The road of a request', width, height, parts), 'the calls in apps');
