import { readMethods } from '@gatehouse/rpc';
import { descriptorSet } from './gen/descriptor-set';

/** Proto packages whose methods the gateway serves. */
export const servedPackages: readonly string[] = [...new Set(readMethods([descriptorSet]).map(({ descriptor }) => descriptor.parent.file.proto.package))];
