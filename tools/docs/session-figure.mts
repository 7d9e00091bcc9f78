// Draws docs/figures/session.svg: the life of a session.
import { publish } from './page.mts';
import { drawArrow, drawBox, drawFigure, drawLabel } from './svg.mts';

const width = 1000;
const size = { width: 150, height: 56 };
const [yellow, green, blue, red, grey] = ['#fef3c7', '#dcfce7', '#dbeafe', '#ffe4e6', '#f4f4f5'];
const [top, middle, bottom] = [30, 140, 270];

const parts = [
  drawBox({ x: 20, y: top, ...size }, yellow!, 'sign-up', 'email, password'),
  drawBox({ x: 250, y: top, ...size }, yellow!, 'mail', 'link, eight digits'),
  drawBox({ x: 20, y: middle, ...size }, yellow!, 'login', 'limits, argon2id'),
  drawBox({ x: 250, y: middle, ...size }, yellow!, 'second factor', 'app, recovery code'),
  drawBox({ x: 530, y: middle, ...size }, green!, 'session', 'by device, 90 days'),
  drawBox({ x: 800, y: top, width: 180, height: 56 }, blue!, 'refresh token', '30 days, used once'),
  drawBox({ x: 800, y: middle, width: 180, height: 56 }, blue!, 'access token', 'signed, 15 minutes'),
  drawBox({ x: 530, y: bottom, ...size }, red!, 'ended', 'in one transaction'),
  drawBox({ x: 800, y: bottom, width: 180, height: 56 }, grey!, 'every verifier', 'gateway, user, auth'),
  drawArrow(`M170 ${top + 28}H248`),
  drawLabel(209, top + 20, 'required'),
  drawArrow(`M400 ${top + 28}C560 ${top + 28} 605 ${top + 28} 605 ${middle - 2}`),
  drawLabel(540, top + 20, 'the email is proved'),
  drawArrow(`M170 ${middle + 28}H248`),
  drawLabel(209, middle + 20, 'has one'),
  drawArrow(`M400 ${middle + 28}H528`),
  drawLabel(464, middle + 20, 'aal2'),
  drawArrow(`M95 ${middle + 56}C95 ${middle + 100} 565 ${middle + 100} 565 ${middle + 58}`),
  drawLabel(325, middle + 106, 'has none: aal1'),
  drawArrow(`M680 ${middle + 16}C740 ${middle + 16} 740 ${top + 28} 798 ${top + 28}`),
  drawArrow(`M680 ${middle + 34}H798`),
  drawArrow(`M890 ${top + 56}V${middle - 2}`, true),
  drawLabel(898, top + 86, 'refresh', 'start'),
  drawArrow(`M630 ${middle + 56}V${bottom - 2}`),
  drawLabel(640, middle + 84, 'logout, reuse, another password,', 'start'),
  drawLabel(640, middle + 102, 'suspension, an administrator, time', 'start'),
  drawArrow(`M680 ${bottom + 28}H798`),
  drawLabel(740, bottom + 20, 'told in < 1 s'),
  drawArrow(`M890 ${middle + 56}V${bottom - 2}`, true),
];
publish('docs/figures/session.svg', drawFigure('The life of a session', width, bottom + 80, parts), 'tools/docs/session-figure.mts');
