"""Names of the standard library that mean one thing wherever they are written: where each is imported from. Data.

A name that people also give to things of their own (`field`, `date`, `chain`), or that stands in two modules (`Iterator`),
is not here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

_MEMBERS = """
abc: ABC abstractmethod
argparse: ArgumentParser
ast: literal_eval
base64: b64decode b64encode
bisect: bisect_left bisect_right
collections: ChainMap Counter OrderedDict defaultdict deque namedtuple
concurrent.futures: ProcessPoolExecutor ThreadPoolExecutor as_completed
contextlib: AsyncExitStack ExitStack asynccontextmanager contextmanager nullcontext suppress
copy: deepcopy
dataclasses: asdict astuple dataclass
datetime: timedelta
decimal: Decimal
enum: Enum IntEnum StrEnum
fractions: Fraction
functools: cached_property lru_cache partial reduce singledispatch total_ordering wraps
hashlib: sha256
heapq: heapify heappop heappush
io: BytesIO StringIO TextIOWrapper
ipaddress: IPv4Address IPv6Address ip_address ip_network
itertools: islice starmap takewhile zip_longest
logging: getLogger
operator: attrgetter itemgetter methodcaller
pathlib: Path PurePath PurePosixPath
pprint: pformat
subprocess: CalledProcessError
tempfile: NamedTemporaryFile TemporaryDirectory
textwrap: dedent
time: perf_counter
types: MappingProxyType SimpleNamespace
typing: TYPE_CHECKING Annotated Any ClassVar Generic Literal NamedTuple NoReturn Optional TypeVar TypedDict cast
unittest.mock: AsyncMock MagicMock
urllib.parse: parse_qs urlencode urljoin urlparse urlsplit
uuid: uuid4
zipfile: ZipFile
"""
MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        name: module
        for module, _, names in (row.partition(":") for row in _MEMBERS.strip().splitlines())
        for name in names.split()
    }
)
# Importing these does something by itself.
_ACTIVE = frozenset({"antigravity", "idlelib", "this", "turtledemo"})


def is_module(name: str) -> bool:
    """Whether a public module of the standard library has this very name."""
    return name in sys.stdlib_module_names and not name.startswith("_") and name not in _ACTIVE
