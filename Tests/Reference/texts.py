"""Writes the texts that the encoder is compared on, one JSON string per line.

All of them are our own. The file is ASCII, with `\\uXXXX` for the rest, so that no editor, and no
version of a Unicode library, can change a text under the figures that were made from it.
"""

import json
import unicodedata
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "TextEncodersTests" / "Fixtures"
TEXTS = FIXTURES / "texts.jsonl"


def nfc(text: str) -> str:
    """Composed, whatever an editor made of this source."""
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    """Decomposed, likewise."""
    return unicodedata.normalize("NFD", text)


def both_forms(text: str) -> list[str]:
    """The two canonical spellings, which must have one embedding."""
    return [nfc(text), nfd(text)]


def between_letters(*ranges: tuple[int, int]) -> str:
    """Each code point between two letters, which shows whether it is dropped, stripped, kept in
    the word, set apart or a space."""
    return " ".join(f"a{chr(point)}b" for first, last in ranges for point in range(first, last + 1))


def plots() -> list[str]:
    """What the encoder is for: sentences as one finds them in a catalogue of films."""
    return (HERE / "plots.txt").read_text("utf-8").splitlines()


def blank() -> list[str]:
    """Texts of which nothing is left: only [CLS] and [SEP] reach the model."""
    return [
        "",
        " ",
        "        ",
        "\t\n\r\n\t",
        "\u00a0\u2003\u3000",
        "\u0001\u0002\u001f\u007f\u0080\u009f",
        "\u200b\u200c\u200d\u2060\ufeff",
        "\ufffd\ufffd",
        "\ue000\uf8ff\U000f0000\U0010fffd",
        "\u0301\u0301\u0327",
    ]


def spaces() -> list[str]:
    """White space of every kind, and what looks like it but is none."""
    return [
        "  leading, trailing and    doubled spaces   ",
        "one\ttab, two\t\ttabs",
        "a line\nand another\n\n\nafter two empty ones\n",
        "lines\r\nended\r\nas in DOS\r\n",
        "lines\rended\ras on an old Mac",
        "no\u00a0break\u00a0space, narrow\u202fno\u202fbreak, figure\u2007space",
        "en\u2002em\u2003thin\u2009hair\u200aideographic\u3000space",
        "line\u2028separator and paragraph\u2029separator",
        "next\u0085line, vertical\u000btab, form\u000cfeed: controls, not spaces",
        "group\u001dand record\u001eand unit\u001fseparators",
        "ogham\u1680space mark, mathematical\u205fspace, Mongolian\u180evowel separator",
    ]


def invisible() -> list[str]:
    """Characters that vanish within words."""
    return [
        "bell\u0007 in the mid\u0008dle, es\u001bcape and de\u007flete",
        "\u0001start and end\u0002",
        "zero\u200bwidth\u200bspace, zero\u200cwidth non\u200djoiner, word\u2060joiner",
        "soft hy\u00adphen\u00ada\u00adtion of a long word",
        "\ufeffA byte order mark before, and one with\ufeffin",
        "\u202eright to left override\u202c and \u2066isolate\u2069 and \u200emark\u200f",
        "a replacement \ufffd character, and one with\ufffdin a word",
        "private \ue000 use, with\ue123in, plane fifteen \U000f1234 and sixteen \U00100abc",
        "interlinear \ufff9annotation\ufffaanchor\ufffb, object replacement \ufffc",
        "tag\U000e0001ged \U000e0065\U000e006e\U000e007f text of plane fourteen",
        "variation\ufe0f sele\ufe00ctors and ideographic \u845b\U000e0100 ones",
    ]


def unassigned() -> list[str]:
    """Code points that no version of Unicode has given a meaning, or that a late one has.

    The tokenizer knows the categories of Unicode 8: what came later stays within the word, be it
    a mark, a punctuation or a format character now.
    """
    return [
        "unassigned \u0378 and with\u0379in",
        "noncharacters \ufdd0 and \ufffe and \uffff, with\U0001ffffin, \U0010ffff",
        "unassigned plane fourteen \U000e0080, plane four \U00040000",
        "marks of Unicode 9 and later: a\U0001e944b \u1df6 c\u0afad a\u08d4b",
        "punctuation of Unicode 9 and later: a\u2e43b \u2e52 c\u2e4fd a\U0001e95eb",
        "format characters of Unicode 14: a\u0890b c\u0891d, of Unicode 12: a\U00013430b",
    ]


def emoji() -> list[str]:
    """One grapheme, many code points."""
    return [
        "\U0001f600",
        "A love story \u2764\ufe0f with a happy end \U0001f389\U0001f389",
        "family \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 at home",
        "\U0001f469\U0001f3fd\u200d\U0001f680 flies \U0001f44d\U0001f3ff \U0001f44d\U0001f3fb",
        "flags \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 \U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Scotland",
        "keycaps 1\ufe0f\u20e3 #\ufe0f\u20e3 and\u00a9\ufe0f signs \u2122",
        "word\U0001f525stuck\U0001f525together",
        "kaomoji (\u256f\u00b0\u25a1\u00b0)\u256f\ufe35 \u253b\u2501\u253b",
        "melting \U0001fae0 face of Unicode 14",
    ]


def east_asian() -> list[str]:
    """Ideographs stand alone; kana and Hangul decompose, and kana lose their voicing marks."""
    return [
        "一只猫走进了图书馆",
        "一 只 猫 走 进 了 图 书 馆",
        "老船長把地圖送給了他的女兒。",
        "电影movie混合mixed文字123数字",
        "「東京」、京都。『大阪』！？・〜…",
        "ideographs of the extensions: \u3400\U00020000\U0002a6d6\U0002b740\U0002b820\U0002b920",
        "ideographs that came late: a\U0002ceb0b a\U00030000b, compatibility: a\uf900b \U0002f800",
        "radicals \u2f00\u2e80, strokes \u31c0, enclosed \u3231 \u32a3, era \u337b",
        *both_forms("ひらがなで「がぎぐげご」と「ぱぴぷぺぽ」を書く"),
        *both_forms("カタカナのゲームとピアノ"),
        "halfwidth \uff76\uff9e\uff77\uff9e\uff8a\uff9f and \uff71\uff72\uff73",
        "kana with loose marks: か\u3099 は\u309a か\u309b は\u309c ー",
        "iteration ゝ \u309e ヽ \u30fe 々 〆",
        *both_forms("등대지기는 오래된 편지를 읽는다"),
        *both_forms("한글 각 힣 가"),
        "\u1112\u1161\u11ab\u1100\u1173\u11af jamo, compatibility \u314e\u314f\u3134",
        "old jamo \ua960\ua97c \ud7b0\ud7cb, halfwidth \uffa1\uffc2",
        "bopomofo ㄅㄆㄇㄈ and \u02ca\u02c7\u02cb tones",
    ]


def south_asian() -> list[str]:
    """Vowel signs: some are stripped as marks, some stay."""
    return [
        "ผู้เฒ่าเฝ้าประภาคารได้รับจดหมาย",
        "ภาพยนตร์ไทย น้ำ กำลัง ๑๒๓",
        "एक बूढ़ा नाविक चिट्ठियाँ पढ़ता है।",
        "\u0958\u0959\u095a\u095b\u095c\u095d\u095e\u095f",
        nfd("\u0958\u0959\u095a\u095b\u095c\u095d\u095e\u095f"),
        "क्ष त्र ज्ञ श्री ॐ ०१२३",
        "একটি পুরোনো বাতিঘর ৷ কো কৌ",
        *both_forms("தமிழ் படம் கொ கோ கௌ"),
        "ఒక పాత దీపస్తంభం",
        "ಹಳೆಯ ದೀಪಸ್ತಂಭ ಕೊ ಕೋ",
        "ഒരു പഴയ വിളക്കുമാടം ൺ ൻ",
        "ਇੱਕ ਪੁਰਾਣਾ ਘਰ ਸ਼ ਖ਼",
        "એક જૂનું ઘર",
        "පැරණි ගෙදර ශ්\u200dරී",
        "ບ້ານເກົ່າ ນ້ຳ",
        "ရွာဟောင်း မြန်မာ",
        "ផ្ទះចាស់ ខ្មែរ",
        "ཁང་པ་རྙིང་པ། \u0f73\u0f75\u0f81",
    ]


def near_eastern() -> list[str]:
    """Points and marks of Arabic, Hebrew, Syriac and Ethiopic."""
    return [
        "حارس المنارة العجوز يقرأ الرسائل",
        *both_forms("قَرَأَ الحَارِسُ الرِّسَالَةَ، ثُمَّ بَكَى؟"),
        *both_forms("آية أُمّ إلى مؤمن شيء"),
        "lam-alef \ufefb \ufdfa \ufdf2, tatweel مـــرحبا, ٠١٢٣ ۴۵۶",
        "فیلم ایرانی؛ خانه\u200cای قدیمی",
        "ایک پرانا گھر۔",
        "שומר המגדלור קורא מכתבים",
        nfd("בְּרֵאשִׁית בָּרָא שָׁלוֹם"),
        "presentation \ufb2a\ufb35\ufb4b\ufb4f, maqaf א\u05beב, geresh ג\u05f3 gershayim צה\u05f4ל",
        "ܫܠܵܡܵܐ ܥܲܠ ܟ݂ܠ",
        "የድሮ ቤት። አዲስ አበባ፣",
        "Հին տուն, մի՛ գնա՞ և եւ",
        "ძველი სახლი \u10a0\u10a1 \u1c90\u1c91 \u2d00",
    ]


def european() -> list[str]:
    """Accents, cases, and the letters whose case is more than one to one."""
    return [
        *both_forms("Ο γέρος φύλακας του φάρου διαβάζει γράμματα"),
        "ΟΔΥΣΣΕΥΣ Ὀδυσσεύς ὀδυσσεὺς Σ ς σ ΑΣ ΑΣΑ ΑΣ.",
        *both_forms("ᾧ ᾳ ῇ ΐ ΰ ᾼ Ἀθῆναι"),
        "\u1fbd \u1fbf \u1fc0 \u037a \u0384 \u0385 \u00b5\u03bc",
        "İstanbul'da ılık bir gece, IĞDIR ve ığdır, i\u0307 I\u0307",
        *both_forms("İzmir ŞEHRİ şehri ÇAĞ çağ"),
        "Die Straße ist heiß, STRASSE, GRO\u1e9eE Größe",
        *both_forms("Người gác hải đăng già đọc những bức thư cũ"),
        *both_forms("ệ ỗ ữ ặ ẫ ợ Ế Ờ Đ đ"),
        *both_forms("Żółć, łódź, ŁÓDŹ, gęślą jaźń"),
        *both_forms("Příliš žluťoučký kůň úpěl ďábelské ódy"),
        *both_forms("À l'œuvre, où çà? Ÿ ÿ ÆSIR æsir"),
        *both_forms("¿Qué pasó, señor Núñez? ¡Nada!"),
        *both_forms("Åse ångrar sig, Øystein også, þar er ísinn, Ðe ð"),
        *both_forms("Старый смотритель ещё читает письма; ЁЖ, йод, Їжак, Ѓ ќ"),
        "\u0460\u0461 \u0478\u0479 \u04c0\u04cf \u1c80 church\u0483 slavonic",
        "\u01c4 \u01c5 \u01c6 \u01c7 \u01f1 \u01f2 digraphs, \u0149 \u01f0 \u1e96 \u1e9a",
        "\ufb01nd the \ufb02oor, \ufb03 \ufb04 \ufb05 \ufb06, \u0132 \u0133 \u0152 \u0153",
        "Cherokee \u13a0\u13a1 \uab70\uab71, Deseret \U00010400\U00010428",
        "runes ᚠᚢᚦᚨᚱᚲ, ogham ᚛ᚑᚌᚐᚋ᚜",
        "Kelvin \u212a, \u00c5ngstr\u00f6m \u212b, Ohm \u2126, inches 5\u2032 6\u2033",
    ]


def marks() -> list[str]:
    """Combining marks without measure or order."""
    return [
        "Z\u0351\u036b\u0343a\u0317\u0329l\u0335\u0321g\u0322\u0316o\u031b\u0347 text",
        "e" + "\u0301" * 40 + "nd",
        "marks in either order: q\u0323\u0307 q\u0307\u0323, a\u0328\u0301 a\u0301\u0328",
        "\u0301starts with a mark, and a space \u0301before one",
        "overlay a\u0338 =\u0338 <\u0338 >\u0338 enclosed a\u20dd b\u20e3",
        "double a\u0361b under c\u035cd, spacing \u02dc \u00a8 \u00b4 \u00b8",
    ]


def punctuation() -> list[str]:
    """Every ASCII sign is a word of its own, and so is what Unicode calls punctuation."""
    return [
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        "." * 60,
        "?!" * 30,
        "-----=====_____+++++*****~~~~~",
        "\u201cQuoted\u201d \u2018once\u2019 \u00abtwice\u00bb \u201ethrice\u201c \u2039more\u203a",
        "en\u2013dash em\u2014dash minus\u2212sign hyphen\u2010hyphen non\u2011breaking bar\u2015",
        "ellipsis\u2026 dots\u00b7 bullets\u2022 daggers\u2020\u2021 \u00a7 \u00b6 per mille\u2030",
        "don't, won\u2019t, o'clock, rock 'n' roll, the '90s, mother-in-law's",
        "prices \u20ac9,99 $5 \u00a3100 \u00a51000 \u20b9500 \u20bd \u20bf \u00a2",
        "maths ∀x∈ℝ: x²≥0 ∧ √4=2 ± × ÷ \u2260 =\u0338 ∞",
        "arrows ←↑→↓ boxes ┌─┐ blocks █░ shapes ■●",
        "\u3001\u3002\uff0c\uff01\uff1f\uff1a\uff1b\uff08\uff09 fullwidth and CJK signs",
        "\u055a\u0589\u05c0\u061b\u061f\u0700\u0964\u0e5a\u104a\u1361\u166e\u17d4\u1802 in a row",
        "stuck,together.without;any:space(at)all!really?yes",
        "_snake_case_ and *stars* and `ticks` and ^carets^ and ~tildes~ and |pipes|",
    ]


def machine_made() -> list[str]:
    """What a column of texts holds when it does not hold prose."""
    return [
        "https://www.example.org/path/to/page.html?query=one+two&lang=de#part-3",
        "write to someone.else+tag@mail.example.com or ftp://10.0.0.1:2121/",
        "3.14159 1,000,000 -42 +7 1e-12 0x1F 50% 1/2 2024-02-29T23:59:59Z 12:30 1st 2nd",
        "12345678901234567890123456789012345678901234567890",
        "let total = rows.map { $0.count }.reduce(0, +) // sum",
        "SELECT id, title FROM films WHERE embedding <=> $1 < 0.3 ORDER BY 1;",
        '<p class="plot">Two <b>rival</b> bakers &amp; one&nbsp;oven&#33;</p><!-- end -->',
        '{"title": "Salt", "year": 1999, "tags": ["history", null, true]}',
        "C:\\Films\\new\\table.txt and /usr/share/films and ~/films and \\n \\t \\u0041",
        "550e8400-e29b-41d4-a716-446655440000",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODk=",
        "S01E03.1080p.x264-[GROUP].mkv",
        "NULL null None nil undefined NaN \\N",
        "| id | title |\n|---:|:------|\n| 1 | **Salt** |",
    ]


def special_tokens() -> list[str]:
    """Their names in a text become their ids, but only as they are spelt."""
    return [
        "[CLS] at the start and at the end [SEP]",
        "the word [MASK] is hidden, and[MASK]here[MASK][MASK]too",
        "[cls] [sep] [mask] [unk] [pad] in small letters",
        "[Cls] [Sep] [Mask] [Unk] [Pad] in mixed letters",
        "an [UNK] word and [PAD] padding [PAD][PAD]",
        "[MASK",
        "[ MASK ] [[MASK]] [MASK]] (MASK) [MAS\u200bK] [M\u00adASK]",
        "[\uff2d\uff21\uff33\uff2b] [MASK\u0301] [MASK]\u0301 \u0001[MASK]\u0002",
        "[PAD]",
        "##ing ##s [unused0] [unused99] <s> </s> <mask>",
    ]


def compatibility() -> list[str]:
    """Look-alikes of letters and digits, which canonical decomposition leaves alone."""
    return [
        "\U0001d400\U0001d401\U0001d402 \U0001d4d0\U0001d4d1 \U0001d538\U0001d7d8 alphanumerics",
        "\uff26\uff35\uff2c\uff2c\uff57\uff49\uff44\uff54\uff48 \uff11\uff12\uff13",
        "x\u00b2 y\u00b3 z\u00b9 10\u207f H\u2082O CO\u2082 \u1d43\u1d47\u1d9c \u2093",
        "\u00bd \u00bc \u2153 \u215e fractions, \u2160\u2161\u2162 \u2170 numerals, \u2116 \u2121",
        "\u2460\u2461 \u24b6\u24d0 \u2776 circled, \u1d2c \u02b0 raised, \u1d00\u0299\u1d04 small",
        "\U0001f130\U0001f170 squared \U0001f150 \U0001f110 letters",
    ]


def other_planes() -> list[str]:
    """Scripts that have met few tokenizers."""
    return [
        "\U00012000\U00012001\U00012079 \U00012400 cuneiform",
        "\U00013000\U00013001 hieroglyphs, \U00010330\U00010331 gothic, \U00010900 phoenician",
        "\U0001d11e clef, \U0001d15e \U0001d15f notes, \U0001d165 a\U0001d167b \U0001d16d",
        "\U00010a00a\U00010a01 kharoshthi, \U00011000 \U00011002\U00011038 brahmi",
        "\U0001109a\U0001109b\U000110ab \U0001112e\U0001112f \U0001134b \U000114bb kaithi",
        "\U0001f0a1 cards \U0001f000 tiles \u2654\u2655 chess \u2680 dice",
        "\ua000\ua001 yi, \ua4d0 lisu, \ua500 vai, \u2d30 tifinagh, \u07ca nko, \u0840 mandaic",
        "\u1820\u1821 mongolian, \u1401\u1402 syllabics, \u2800 braille, \u1b05\u1b06 bali",
    ]


def mixed() -> list[str]:
    """Several scripts and habits in one text."""
    return [
        "Der Film «Москва» — 電影 by José Ångström, ২০২১, ★★★★☆",
        "naïve café ROMANTIC Tōkyō-Hà Nội express: 東京→Hà Nội",
        "ABCабвΑΒΓאבגابجकखग一二三あいう가나다",
        "Beyonc\u00e9 vs Beyonce\u0301 vs BEYONC\u00c9 vs BEYONCE\u0301",
        "tHiS iS wRiTtEn By A rAnSoM nOtE",
        "EVERYTHING HERE IS SHOUTED, EVEN THE QUIET PARTS.",
        "Supercalifragilistic antidisestablishmentarianism pneumonoultramicroscopic",
        "hmmmmmmmmmm nooooooooo zzzzzzzz brrrrrr",
        "aaa" * 20 + " " + "la " * 40,
    ]


def long_words() -> list[str]:
    """A word of more than 100 characters is [UNK]; they are counted after accents are gone."""
    return [
        "x" * 99,
        "x" * 100,
        "x" * 101,
        "before " + "abcdefghij" * 15 + " after",
        nfd("é") * 100,
        nfc("é") * 101,
        "\u200b".join("y" * 100),
        "界" * 101,
        "." * 101,
        "q" * 50 + "-" + "q" * 51,
        "\U00010330" * 100,
    ]


def long_texts() -> list[str]:
    """Around the limit of 256 ids, [CLS] and [SEP] included, and far over it.

    Each word of the first five is one piece of the vocabulary. In the sixth the cut goes through
    a word of several pieces, in the seventh it hides the end of a text with another meaning.
    """
    words = "the old house by the sea has one door and no key".split()
    counted = [" ".join(words[i % len(words)] for i in range(n)) for n in (253, 254, 255, 256, 257)]
    return [
        *counted,
        " ".join(["sea"] * 252 + ["antidisestablishmentarianism"] * 3),
        " ".join(["rain"] * 254 + ["desert"] * 200),
        " ".join(words[i * i % len(words)] for i in range(2000)),
        "[MASK]" * 300,
        "灯" * 300,
        ", ".join(plots()[:30]),
    ]


def sweeps() -> list[str]:
    """Whole blocks, code point by code point, as far as 256 ids reach."""
    return [
        between_letters((0x01, 0x1F)),
        between_letters((0x20, 0x40), (0x5B, 0x60), (0x7B, 0x7F)),
        between_letters((0x80, 0xA8)),
        between_letters((0xA9, 0xD8)),
        between_letters((0xD9, 0xFF)),
        between_letters((0x100, 0x148)),
        between_letters((0x149, 0x17F)),
        between_letters((0x2B0, 0x2E4)),
        between_letters((0x300, 0x36F)),
        between_letters((0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C)),
        between_letters((0x1E00, 0x1E4F)),
        between_letters((0x2000, 0x202F)),
        between_letters((0x2030, 0x206F)),
        between_letters((0x20A0, 0x20BE), (0x20D0, 0x20F0)),
        between_letters((0x2190, 0x21A0), (0x2300, 0x2330)),
        between_letters((0x2E00, 0x2E42)),
        between_letters((0x3000, 0x303F)),
        between_letters((0xA660, 0xA69D)),
        between_letters((0xFE00, 0xFE52)),
        between_letters((0xFF00, 0xFF40)),
        between_letters((0xFFE0, 0xFFFF)),
    ]


def all_texts() -> list[str]:
    """The texts in the order of the file."""
    groups = [
        plots, blank, spaces, invisible, unassigned, emoji, east_asian, south_asian, near_eastern,
        european, marks, punctuation, machine_made, special_tokens, compatibility, other_planes,
        mixed, long_words, long_texts, sweeps,
    ]  # fmt: skip
    return [text for group in groups for text in group()]


def load_texts() -> list[str]:
    """The texts as the file holds them, which are the ones that tests read."""
    return [json.loads(line) for line in TEXTS.read_text("ascii").splitlines()]


def main() -> None:
    texts = all_texts()
    assert len(set(texts)) == len(texts), "a text occurs twice"
    assert not any("\0" in text for text in texts), "PostgreSQL has no texts with a NUL"
    TEXTS.parent.mkdir(parents=True, exist_ok=True)
    TEXTS.write_text("".join(json.dumps(text) + "\n" for text in texts), "ascii")
    print(f"{len(texts)} texts in {TEXTS.name}")


if __name__ == "__main__":
    main()
