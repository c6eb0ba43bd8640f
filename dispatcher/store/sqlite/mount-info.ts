/** Where locks and `fsync` are those of another machine, or none at all: a database there can be lost or torn. */
const REMOTE =
  /^(nfs4?|cifs|smb3|smbfs|ceph|afs|9p|lustre|glusterfs|beegfs|orangefs|pvfs2|gpfs|vboxsf|vmhgfs|prl_fs|fuse\..+)$/;
/** What a container's own disk may stand on. */
const LOCAL_FUSE = ['fuse.fuse-overlayfs', 'fuse.lxcfs'];

/**
 * The type of the network file system on which a path lies; undefined: it lies on none.
 * @param mountInfo content of `/proc/self/mountinfo`
 * @param path absolute, without symbolic links
 */
export function networkFileSystem(mountInfo: string, path: string): string | undefined {
  let found = { point: '', type: '' };
  for (const line of mountInfo.split('\n')) {
    // ID, parent, device, root, mount point, options, any number of tags, "-", type, …
    const [before = '', after = ''] = line.split(' - ');
    const point = unescaped(before.split(' ')[4] ?? '');
    const holds = point !== '' && (path === point || path.startsWith(point === '/' ? '/' : `${point}/`));
    // Of two at the same point the later one hides the other.
    if (holds && point.length >= found.point.length) found = { point, type: after.split(' ')[0] ?? '' };
  }
  return REMOTE.test(found.type) && !LOCAL_FUSE.includes(found.type) ? found.type : undefined;
}

/** Spaces and the like stand there as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
