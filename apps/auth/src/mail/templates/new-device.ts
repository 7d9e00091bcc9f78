import { isIP } from 'node:net';
import { toDeviceName } from '../device-name';
import type { MailData } from '../mail';
import type { Template } from '../letter';
import { greet, toMoment } from '../phrases';

const toFacts = (labels: readonly [string, string, string], { address }: MailData['new_device'], moment: string, device: string | undefined) => [
  `${labels[0]}: ${moment}`,
  ...(device ? [`${labels[1]}: ${device}`] : []),
  ...(address !== undefined && isIP(address) ? [`${labels[2]}: ${address}`] : []),
];

/** To somebody who logged in where they never did. */
export const newDevice: Template<'new_device'> = {
  en: (data, { product }) => ({
    subject: `New login to your ${product} account`,
    greeting: greet.en(data.name),
    paragraphs: [
      `Your account at ${product} was used on a device that was not known.`,
      ...toFacts(['Time', 'Device', 'Network address'], data, toMoment(data.time, 'en'), toDeviceName(data.userAgent ?? '', 'en')),
    ],
    action: data.link === undefined ? undefined : { label: 'That was not me', link: data.link },
    closing: ['If it was you, there is nothing to do. If not, change your password and end the sessions that you do not know.'],
  }),
  de: (data, { product }) => ({
    subject: `Neue Anmeldung an Ihrem Konto bei ${product}`,
    greeting: greet.de(data.name),
    paragraphs: [
      `Ihr Konto bei ${product} wurde auf einem Gerät benutzt, das nicht bekannt war.`,
      ...toFacts(['Zeit', 'Gerät', 'Netzadresse'], data, toMoment(data.time, 'de'), toDeviceName(data.userAgent ?? '', 'de')),
    ],
    action: data.link === undefined ? undefined : { label: 'Das war ich nicht', link: data.link },
    closing: ['Waren Sie das, dann ist nichts zu tun. Wenn nicht, ändern Sie Ihr Passwort und beenden Sie die Sitzungen, die Sie nicht kennen.'],
  }),
};
