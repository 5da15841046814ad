"""How names of areas are compared: without spaces, ethnic names and the word for their kind."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, Levenshtein

_PUNCTUATION: Final = re.compile(r"[\s·•.,，。、()（）\[\]【】《》“”\"'‘’_\-—/:：]+")
_IDEOGRAPH: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_SHORTEST: Final = 2

# The word at the end of a name, the longest first, and the levels of areas it may stand for.
_KINDS: Final[dict[str, frozenset[str]]] = {
    word: frozenset(levels.split())
    for words, levels in (
        ("社区居民委员会 居民委员会 村民委员会 社区居委会 村委会 居委会 社区 村", "village"),
        ("街道办事处 街道 民族乡 镇 乡", "township"),
        ("各族自治县 自治县 自治旗 县 旗", "county"),
        ("自治区 省", "province"),
        ("自治州 州 地区 盟", "prefecture"),
        ("区", "county"),
        ("市", "province prefecture county"),
    )
    for word in sorted(words.split(), key=len, reverse=True)
}
_SHORT_KINDS: Final = {
    "村民委员会": "村", "村委会": "村", "社区居民委员会": "社区", "社区居委会": "社区",
    "居民委员会": "社区", "居委会": "社区", "民族乡": "乡", "街道办事处": "街道",
    "各族自治县": "县", "自治县": "县", "自治旗": "旗", "自治州": "州",
}  # fmt: skip
_ETHNIC: Final = re.compile(
    "(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水"
    "|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克"
    "|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各)族$"
)
# Characters by which neighbours are told apart (上啦嘛, 下啦嘛; 一期, 二期): never a slip.
_TELLING: Final = frozenset(
    "0123456789一二三四五六七八九十百东西南北中上下左右前后大小新老旧内外高低甲乙丙丁"
)


@dataclass(frozen=True)
class Spelling:
    """A name as it is compared.

    `key` is the whole name; `cores` are its short forms, without the word for its kind and
    without ethnic names; `levels` are those the word stands for, None where there is none, and
    `kind` is the word itself, in its shortest form.
    """

    key: str
    cores: tuple[str, ...]
    levels: frozenset[str] | None
    kind: str | None = None

    def may_be(self, level: str | None) -> bool:
        """Return whether the word for the kind fits an area of this level."""
        return self.levels is None or level is None or level in self.levels


def is_name(text: str) -> bool:
    """Return whether a text has Chinese characters, as no code has."""
    return _IDEOGRAPH.search(text) is not None


def key_of(text: str) -> str:
    """Return a name half-width, without spaces and punctuation."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(maxsize=100_000)
def spelling_of(text: str) -> Spelling:
    """Return how a name is compared."""
    key = key_of(text)
    word = next((w for w in _KINDS if key.endswith(w) and len(key) - len(w) >= _SHORTEST), None)
    if word is None:
        return Spelling(key, (key,), None)
    stem = key.removesuffix(word)
    cores = [_without_ethnic(stem), stem]
    # 李家村村委会 is also called 李家村, which has the short form 李家.
    if "village" in _KINDS[word] and stem.endswith("村") and len(stem) > _SHORTEST:
        cores.append(stem.removesuffix("村"))
    return Spelling(key, tuple(dict.fromkeys(cores)), _KINDS[word], _SHORT_KINDS.get(word, word))


def _without_ethnic(core: str) -> str:
    shorter = core
    while (match := _ETHNIC.search(shorter)) and match.start() >= _SHORTEST:
        shorter = shorter[: match.start()]
    return shorter


def most_slips(length: int) -> int:
    """Return how many characters of a name may be wrong, missing, added or swapped."""
    return 1 if length < 6 else 2 if length < 15 else 3


def slips(text: str, name: str) -> int | None:
    """Return in how many characters a text differs from a name, None where it is no slip of it.

    A character by which neighbours are told apart is never a slip.
    """
    most = most_slips(max(len(text), len(name)))
    distance = int(OSA.distance(text, name, score_cutoff=most))
    if not 0 < distance <= most or _is_telling(text, name):
        return None
    return distance


def _is_telling(text: str, name: str) -> bool:
    for edit in Levenshtein.editops(text, name):
        wrong = text[edit.src_pos] if edit.tag != "insert" else ""
        right = name[edit.dest_pos] if edit.tag != "delete" else ""
        if all(char in _TELLING for char in (wrong, right) if char):
            return True
    return False
