/** The script that puts a pod's volumes in their places. Pure. */

export interface Mount {
  /** File or folder of the host. */
  source: string;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
}

/**
 * Folders that a mount needs and the machine does not have are made in a copy of their nearest existing parent that only
 * the container sees: an empty file system with everything of the original bound into it.
 */
const SHADOW = `
shadow() {
  mkdir -p "$2" && mount -n --rbind "$1" "$2" && mount -n -t tmpfs catnap "$1" || exit 1
  for entry in "$2"/* "$2"/.[!.]*; do
    name=$1/\${entry##*/}
    if [ -L "$entry" ]; then cp -P "$entry" "$name"
    elif [ -d "$entry" ]; then mkdir -p "$name" && mount -n --rbind "$entry" "$name"
    elif [ -e "$entry" ]; then : >"$name" && mount -n --bind "$entry" "$name"
    fi || exit 1
  done
}
place() {
  [ -e "$2" ] || {
    parent=\${2%/*}
    while [ ! -e "\${parent:-/}" ]; do parent=\${parent%/*}; done
    if [ -z "$parent" ]; then echo "$2: its parent folder does not exist on this machine; mount it below one that does" >&2; exit 1; fi
    parent=$(readlink -f "$parent")
    case " $shadowed " in *" $parent "*) ;; *) count=$((count + 1)); shadow "$parent" "$stage/$count"; shadowed="$shadowed $parent" ;; esac
    if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "\${2%/*}" && : >"$2"; fi || exit 1
  }
  mount -n --bind "$1" "$2" || exit 1
  [ "$3" = rw ] || mount -n -o remount,ro,bind "$2" || exit 1
}
`;

/** A shell script; it ends by running its arguments in \`cwd\`. Parents are mounted before what lies in them. */
export function mountScript(mounts: readonly Mount[], stage: string, cwd: string): string {
  const lines = mounts
    .toSorted((a, b) => a.target.length - b.target.length)
    .map(({ source, target, readOnly }) => `place ${quote(source)} ${quote(clean(target))} ${readOnly ? 'ro' : 'rw'}`);
  const setUp = `stage=${quote(stage)} count=0 shadowed=''\nmount -t tmpfs catnap "$stage" || exit 1`;
  return `set -u\n${SHADOW}${setUp}\n${lines.join('\n')}\ncd ${quote(cwd)} && exec "$@"\n`;
}

const clean = (path: string): string => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');

export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
