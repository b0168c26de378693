"""Values of every built-in type that a column can have, as text that the type reads.

Of each type some that break others: the least and the greatest, what is not a number, what needs
escaping. Two that are equal for the type's = but are not the same stand in ALIKE.
"""

BYTES = "\\x" + bytes(range(256)).hex()
ODD_TEXT = ["", " ", "\\N", "\\.", "a\\b\\\\c", "tab\tline\ncr\rvt\vbs\bff\f", "NULL", "null", "{}", '"',
            "'", "$1 %s %", "é€中文", "😀🏳️‍🌈", "(a,b)", "\x01\x7f", "x" * 3000]
# Also of a table's own name, which has another oid at the destination.
OBJECTS = {
    "regclass": ["pg_class", "v_int4", "0", "987654321"],
    "regtype": ["integer", "character varying[]", "information_schema.sql_identifier", "-"],
    "regproc": ["now", "pg_catalog.version", "-"],
    "regprocedure": ["abs(integer)", "lower(text)", "-"],
    "regoper": ["||/", "|/", "0"],
    "regoperator": ["+(integer,integer)", "-(NONE,integer)", "0"],
    "regrole": ["postgres", "pg_monitor", "-"],
    "regnamespace": ["public", "pg_catalog", "-"],
    "regconfig": ["english", "simple", "-"],
    "regdictionary": ["simple", "english_stem", "-"],
    "regcollation": ['"C"', '"POSIX"', "-"],
    "aclitem": ["postgres=r/postgres", "=X/postgres", "pg_monitor=arw*/postgres"],
}

SAMPLES = {
    **OBJECTS,
    "bool": ["t", "f"],
    "bytea": ["\\x", BYTES, "\\x00", "\\x5c4e", "\\x5c5c"],
    "char": ["a", "\\", "'", "\n", "\t", ""],
    "name": ["", "n", "\\N", "Select", 'a"b', "中" * 21],
    "text": ODD_TEXT,
    "varchar": ODD_TEXT,
    "bpchar": [text for text in ODD_TEXT if text != " "] + ["trailing  "],
    "refcursor": ODD_TEXT,
    "int2": ["-32768", "32767", "0"],
    "int4": ["-2147483648", "2147483647", "0"],
    "int8": ["-9223372036854775808", "9223372036854775807", "0"],
    "oid": ["0", "4294967295", "1259"],
    "xid": ["0", "4294967295", "3"],
    "cid": ["0", "4294967295", "3"],
    "xid8": ["0", "18446744073709551615", "3"],
    "tid": ["(0,0)", "(4294967295,65535)", "(1,2)"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848"],
    "txid_snapshot": ["10:20:10,14,15", "1:1:", "10:10:"],
    "pg_snapshot": ["10:20:10,14,15", "1:1:", "10:10:"],
    "float4": ["NaN", "Infinity", "-Infinity", "-0", "0", "0.1", "3.4028235e+38", "1e-45", "1.17549435e-38"],
    "float8": ["NaN", "Infinity", "-Infinity", "-0", "0", "0.1", "1.7976931348623157e+308", "5e-324",
               "2.2250738585072014e-308", "9007199254740993"],
    "numeric": ["NaN", "Infinity", "-Infinity", "0", "1.0", "-0.0000", "9" * 1000, "-" + "9" * 500 + "." + "9" * 500,
                "0." + "0" * 900 + "1", "1e-16383", "1e131071"],
    "money": ["0", "-92233720368547758.08", "92233720368547758.07", "1.99"],
    "date": ["infinity", "-infinity", "4714-11-24 BC", "0001-12-31 BC", "5874897-12-31", "2024-02-29"],
    "time": ["00:00:00", "24:00:00", "23:59:59.999999", "23:59:60"],
    "timetz": ["00:00:00+15:59:59", "24:00:00-15:59:59", "23:59:59.999999+05:45"],
    "timestamp": ["infinity", "-infinity", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999",
                  "0099-01-02 03:04:05", "2000-01-01 00:00:00.000001"],
    "timestamptz": ["infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
                    "2024-03-31 02:30:00+01", "0044-03-15 12:00:00+00 BC"],
    "interval": ["178000000 years 11 mons 2147483647 days 2562047788:00:54.775807",
                 "-178000000 years -2147483648 days -2562047788:00:54.775807", "1 mon -1 day 00:00:00.000001",
                 "0", "-1 mons +29 days -03:00:00"],
    "bit": ["1", "0"],
    "varbit": ["", "1", "0101010101010101010", "1" * 1000],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
             "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": ['{"a":  1, "a": 2}', " [1 ,2] ", '"\\u00e9\\\\"', "null", "1E400", '{"b":\n\t"x"}'],
    "jsonb": ['{"a":  1, "a": 2}', "[1, null, {}]", '"\\u00e9\\\\\\n"', "null", "1E400", '"😀"'],
    "jsonpath": ["$", 'lax $."a b"[*] ? (@ > 1)', 'strict $.a.size()'],
    "xml": ["", "text", "<a/>", '<?xml version="1.0" encoding="ISO-8859-1"?><a b="é">\n&amp;</a>',
            "<!DOCTYPE a><a/>", "<a/>text<b/>"],
    "inet": ["0.0.0.0/0", "192.168.1.5/24", "::1", "::ffff:1.2.3.4/128", "10.1.2.3"],
    "cidr": ["0.0.0.0/0", "192.168.1.0/24", "2001:db8::/32", "10.1.2.3/32"],
    "macaddr": ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "08:00:2b:01:02:03"],
    "macaddr8": ["00:00:00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff:ff:ff", "08:00:2b:01:02:03:04:05"],
    "point": ["(0,0)", "(NaN,Infinity)", "(-0,1e-320)"],
    "lseg": ["[(0,0),(1,1)]", "[(1e300,-1e300),(0.1,0.2)]", "[(-0,0),(0,-0)]"],
    "box": ["(1,1),(0,0)", "(Infinity,1),(-Infinity,0)", "(0.3,0.2),(0.1,0.1)"],
    "line": ["{1,-1,0}", "{0,-1,0.1}", "{1,0,-0}"],
    "path": ["[(0,0),(1,1)]", "((0,0),(1,1),(0.1,2))", "[(1,2)]"],
    "polygon": ["((0,0))", "((0,0),(1,1),(2,0))", "((0.1,0.2),(NaN,1))"],
    "circle": ["<(0,0),0>", "<(0.1,-0.2),1e10>", "<(1,2),Infinity>"],
    "tsvector": ["", "'a':1A,3B 'b c':2 '''q\\\\':4", "'é😀':16383"],
    "tsquery": ["", "'a' & !('b':*AB | 'c d')", "'x' <-> 'y' <3> '''\\\\'"],
    "int2vector": ["", "1 2 -32768", "7"],
    "oidvector": ["", "1 2 4294967295", "7"],
    "int4range": ["empty", "(,)", "[1,10)", "[-2147483648,2147483647)"],
    "int8range": ["empty", "(,)", "[1,10)", "[,9223372036854775807)"],
    "numrange": ["empty", "(,)", "(1.0,2.50]", "[NaN,NaN]", "(-Infinity,Infinity)"],
    "daterange": ["empty", "(,)", "[2024-02-29,infinity)", "[0044-03-15 BC,5874897-12-31)"],
    "tsrange": ["empty", "(,)", '["0044-03-15 00:00:00 BC",infinity]', '("2024-01-01 00:00:00","2024-01-01 00:00:00.000001")'],
    "tstzrange": ["empty", "(,)", '["0044-03-15 00:00:00+00 BC",infinity]', '["2024-03-31 02:30:00+01",)'],
    "int4multirange": ["{}", "{[1,3),[5,7)}", "{(,)}"],
    "int8multirange": ["{}", "{[1,3),[5,7)}", "{(,)}"],
    "nummultirange": ["{}", "{[1.0,3.00],(5,7)}", "{(,0.1)}"],
    "datemultirange": ["{}", "{[2024-02-29,infinity)}", "{[0044-03-15 BC,2000-01-01),[2024-01-01,)}"],
    "tsmultirange": ["{}", '{["0044-03-15 00:00:00 BC",infinity]}', "{(,)}"],
    "tstzmultirange": ["{}", '{["0044-03-15 00:00:00+00 BC",infinity]}', "{(,)}"],
}

# From 17 on.
INFINITE_INTERVALS = ["infinity", "-infinity"]

# Equal, not the same: as keys one changes into the other, without a key both are there.
ALIKE = {"numeric": ("7.0", "7.000"), "float4": ("0", "-0"), "float8": ("0", "-0"),
         "interval": ("1 mon", "30 days"), "bpchar": ("pad", "pad  "),
         "numrange": ("[7.0,8)", "[7.00,8)"), "jsonb": ("7.0", "7.00"), "nummultirange": ("{[7.0,8)}", "{[7.00,8)}")}

# Types that no index can order, so that none can be a primary key.
NO_KEY = {"aclitem", "box", "cid", "circle", "json", "jsonpath", "line", "lseg", "path", "pg_snapshot",
          "point", "polygon", "refcursor", "txid_snapshot", "xid", "xml"}

# Their input refuses every value: what is in such a column cannot be written again.
NO_INPUT = {"gtsvector", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_dependencies",
            "pg_mcv_list", "pg_ndistinct", "pg_node_tree"}

# Their binary form names objects by the server's oids, or the server does not read all that it writes:
# an empty tsquery, an empty vector, xml that names an encoding.
TEXT_ONLY = {*OBJECTS, "int2vector", "oidvector", "tsquery", "xml"}
