export { type Look, type LookOptions, createLook } from './look';
