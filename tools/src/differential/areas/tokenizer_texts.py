"""Texts in twenty scripts, with what real texts hold besides letters. No area of its own: the tokenizer areas draw from it."""

import unicodedata

SENTENCES = [
    "The quick brown fox jumps over the lazy dog, isn't it? We'll see what they've done by 2024-11-05.",
    "Résumé naïve café, Ångström ÉCOLE straße ﬁne Ĳssel œuvre İstanbul ıIiİ Dž.",
    "Zażółć gęślą jaźń; příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Быстрая коричневая лиса прыгает через ленивую собаку, ёжик Йод.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΟΔΟΣ ΆΈ",
    "الثعلب البني السريع يقفز فوق الكلب الكسول، مَرْحَبًا ١٢٣",
    "השועל החום המהיר קופץ מעל הכלב העצלן, שָׁלוֹם",
    "敏捷的棕色狐狸跳过了懒狗。我们在北京,看电影！",
    "素早い茶色の狐が怠け者の犬を飛び越える。カタカナ ﾊﾝｶｸ がぎぐ は゛",
    "다람쥐 헌 쳇바퀴에 타고파. 한국어 문장입니다 각",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। क़ ज़ १२३",
    "দ্রুত বাদামী শিয়াল অলস কুকুরের উপর লাফ দেয়। ড়",
    "வேகமான பழுப்பு நரி சோம்பேறி நாயின் மீது தாவுகிறது கொ",
    "త్వరిత గోధుమ నక్క సోమరి కుక్కపై దూకుతుంది",
    "სწრაფი ყავისფერი მელა ახტება ზარმაც ძაღლს ᲛᲮᲔᲓᲠᲣᲚᲘ",
    "Արագ շագանակագույն աղվեսը ցատկում է ծույլ շան վրայով և",
    "ፈጣን ቡናማ ቀበሮ ሰነፍ ውሻ ላይ ይዘላል።",
    "ကြောင်လေးတစ်ကောင်သည် ခွေးပျင်းကို ခုန်ကျော်သည်",
    "កញ្ជ្រោងពណ៌ត្នោតលោតរំលងឆ្កែខ្ជិល",
    "ສັນຕິພາບ ປະເທດລາວ ຫຼາຍ",
    "རྒྱ་གར་སྐད་དུ། བོད་སྐད་དུ།",
    "𐌰𐌱𐌲 𝒜𝓁𝓅𝒽𝒶 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𠀀𠮷 𐐔𐐯𐑅𐐨",
    "ᚠᚢᚦ ᐃᓄᒃᑎᑐᑦ ᏣᎳᎩ ꮳꮃꭹ Ɐꞌ Ꞗ",
]

CORPUS = SENTENCES + [
    "a movie that was good , and the plot was not bad at all . film actor great awful boring",
    "low lower lowest new newer newest wide wider widest walking walked walks talk talking unbelievable",
    "tokenization of words in the house of the people 1 2 3 10 100 2024 3.14 , . ! ? ; : ( ) [ ] { } @ # $ % & * + - = / \\ | ~ ^ _ ' \" `",
    "日本 日本語 東京 大学 学生 中国 北京 我 们 的 是 不 了 人",
]

SPICES = [
    "😀", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "❤️", "☃", "\u200b", "\u200d", "\u200c", "\ufeff", "\u00ad", "\u2060", "\u202e", "\u200f", "\u061c", "\0", "\x01", "\x07", "\x1b", "\x7f",
    "\x85", "\x9f", "\u00a0", "\u2003", "\u3000", "\u2028", "\u2029", "\u1680", "\u180e", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "e\u0301", "o\u0308\u0323", "\u0301", "n\u0303a", "Å", "A\u030a", "ﬃ",
    "½", "²", "Ⅷ", "①", "㍿", "ｆｕｌｌ", "Ｗｉｄｅ", "﹏", "…", "—", "–", "“quoted”", "‘x’", "«»", "¿¡", "°", "€", "₿", "\ufffd", "\ufffe", "\uffff", "\u0378", "\U0001ffff", "\U000e0001", "\U0010ffff", "\ue000",
    "\U000f0000", "\u2ff0", "〇", "々", "㐀", "\U00020000", "\U0002a6df", "豈", "。", "、", "･", "ー", "가", "\u1100\u1161", "ㄱ", "ﷺ", "ﻻ", "\u0640", "\u0e33", "\u0eb3", "ß", "ẞ", "ſ", "K", "Ω", "ǅ", "ŉ", "և", "ﬀ", "İ", "ı",
    "ΑΣ", "ς", "Ⴀ", "Ა", "Ꭰ", "ꭰ", "𐐀", "Ⓐ", "``", "''", "▁", "▁▁the", "Ġ", "Ċthe", "##ing", "##", "</w>", "<0x41>", "@@", "_", "a_b", "x-y", "don't", "WE'LL", "I'm", "http://a.b/c?d=e&f=%20", "me@mail.org", "#tag", "1,000.50",
    "٣", "१", "𝟙", "x" * 99, "y" * 101, "ab" * 130, "é" * 60, "的" * 30, "a\u0301" * 40,
]

BLANKS = [" ", " ", " ", " ", "  ", "   ", "\t", "\n", "", "\u00a0", " \n "]


def words(rng, count):
    """Words of some sentences, one script or several."""
    chosen = [rng.choice(CORPUS)] if rng.random() < 0.5 else [rng.choice(CORPUS) for _ in range(3)]
    pool = [word for sentence in chosen for word in sentence.split()]
    return [rng.choice(pool) for _ in range(count)]


def changed(rng, word):
    kind = rng.randrange(9)
    if kind == 0:
        return word.upper()
    if kind == 1:
        return word.title()
    if kind == 2:
        return word.swapcase()
    if kind == 3 and len(word) > 1:
        at = rng.randrange(1, len(word))
        return word[:at] + rng.choice(SPICES) + word[at:]
    if kind == 4:
        return word + rng.choice(".,!?;:)]\"'")
    if kind == 5:
        character = chr(rng.choice([rng.randrange(0x20, 0x250), rng.randrange(0x250, 0xd800), rng.randrange(0xe000, 0x1fbff)]))
        # Releases of tokenizers disagree about characters that are newer than their Unicode tables: Python has no one answer.
        return word if unicodedata.category(character) == "Cn" else character + word
    return word


def text(rng, tokens):
    """One text; tokens are those that a tokenizer knows as added ones."""
    kind = rng.random()
    if kind < 0.02:
        return ""
    if kind < 0.05:
        return rng.choice([" ", "\n", "  \t ", "\u200b", "\0", "\u3000", "."])
    if kind < 0.08 and tokens:
        return rng.choice(["", " "]).join(rng.choice(tokens) for _ in range(rng.randrange(1, 4)))
    if kind < 0.30:
        return rng.choice(SENTENCES)
    parts = []
    for word in words(rng, rng.choice([1, 2, 5, 9, 14, 40])):
        word = changed(rng, word) if rng.random() < 0.25 else word
        parts.append(word)
        if rng.random() < 0.12:
            parts.append(rng.choice(SPICES))
        if tokens and rng.random() < 0.12:
            token = rng.choice(tokens)
            parts.append(rng.choice([token, token, token.lower(), token.upper(), token + "s", "x" + token, " " + token + " "]))
    return "".join(part + rng.choice(BLANKS) for part in parts)
