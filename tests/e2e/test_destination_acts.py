"""Triggers, rules and row security at the destination; row security at the source."""

TABLES = """
CREATE TABLE plain (id int PRIMARY KEY, v text);
CREATE TABLE ruled (id int PRIMARY KEY, v text);
CREATE TABLE guarded (id int PRIMARY KEY, v text);
INSERT INTO plain SELECT g, 'p' FROM generate_series(1, 10) g;
INSERT INTO ruled SELECT g, 'r' FROM generate_series(1, 10) g;
INSERT INTO guarded SELECT g, 'g' FROM generate_series(1, 10) g;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
CREATE POLICY few ON guarded USING (id < 5);
"""

# None of these acts on what a replica applies.
SILENT = """
CREATE TABLE plain (id int PRIMARY KEY, v text);
CREATE TABLE ruled (id int PRIMARY KEY, v text);
CREATE TABLE guarded (id int PRIMARY KEY, v text);
CREATE TABLE seen (what text);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN INSERT INTO public.seen VALUES (TG_NAME || ' ' || TG_OP); RETURN NEW; END$$;
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.v := 'spoiled'; RETURN NEW; END$$;
CREATE TRIGGER after_row AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION see();
CREATE TRIGGER after_all AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON plain EXECUTE FUNCTION see();
CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION spoil();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON plain DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION see();
CREATE RULE nothing AS ON DELETE TO ruled DO INSTEAD NOTHING;
CREATE RULE more AS ON INSERT TO ruled DO ALSO INSERT INTO public.seen VALUES ('rule');
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY none ON guarded USING (false);
"""

CHANGES = [
    "INSERT INTO plain VALUES (20, 'new')", "UPDATE plain SET v = 'q'", "DELETE FROM plain WHERE id = 1",
    "INSERT INTO ruled VALUES (20, 'new')", "DELETE FROM ruled WHERE id = 1",
    "UPDATE guarded SET v = 'h' WHERE id > 3", "DELETE FROM guarded WHERE id = 9",
    "BEGIN; DELETE FROM plain; INSERT INTO plain SELECT g, 'again' FROM generate_series(1, 200) g; "
    "UPDATE plain SET v = 'all' WHERE id > 50; COMMIT",
    "TRUNCATE plain",
]


def test_what_acts_for_users_does_not_act_on_what_is_applied(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql(TABLES, database="shop")
    destination.sql(SILENT, database="shop")
    ignored = ["table.not_copied.policy", "table.policy"]
    task = new_task(source, destination, existing_tables="accept", check={"ignore": ignored}).run()
    task.wait_consistent()

    for change in CHANGES:
        source.sql(change, database="shop")
    task.wait_caught_up()

    for table in ("plain", "ruled", "guarded"):
        rows = f"SELECT * FROM {table} ORDER BY id"
        assert source.sql(rows, database="shop") == destination.sql(rows, database="shop")
    assert destination.sql("SELECT * FROM seen", database="shop") == []


def check_lines(task, ident):
    result = task.cli("check", task.file, check=False)
    return [line for line in result.stdout.splitlines() if f"  {ident} " in line]


def test_what_acts_on_applied_rows_too_is_said_by_name(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    source.sql("CREATE TABLE plain (id int PRIMARY KEY, v text); INSERT INTO plain VALUES (1, 'p')",
               database="shop")
    destination.sql(SILENT + "ALTER TABLE plain ENABLE ALWAYS TRIGGER after_row;"
                    "ALTER TABLE plain ENABLE REPLICA TRIGGER late;"
                    "CREATE RULE twice AS ON UPDATE TO plain DO ALSO NOTIFY twice;"
                    "ALTER TABLE plain ENABLE ALWAYS RULE twice;", database="shop")
    task = new_task(source, destination, existing_tables="accept")

    triggers, rules = check_lines(task, "destination.trigger"), check_lines(task, "destination.rule")

    assert ["public.plain: after_row" in line and "warn" in line and "ALWAYS" in line
            for line in triggers] == [True, False]
    assert "public.plain: late" in triggers[1] and "REPLICA" in triggers[1]
    assert len(rules) == 1 and "public.plain: twice" in rules[0]

    task = new_task(source, destination, existing_tables="accept",
                    check={"ignore": ["destination.trigger", "destination.rule"]}).run()
    task.wait_consistent()
    source.sql("UPDATE plain SET v = 'q'", database="shop")
    task.wait_caught_up()
    seen = [row for row, in destination.sql("SELECT * FROM seen ORDER BY 1", database="shop")]
    assert seen == ["after_row INSERT", "after_row UPDATE", "late INSERT"]


def test_row_security_at_either_end_is_refused_by_name(pair, database, new_task):
    source, destination = pair
    database(source, destination)
    for cluster in pair:
        cluster.sql("DROP ROLE IF EXISTS follower")
        cluster.sql("CREATE ROLE follower LOGIN REPLICATION")
        cluster.sql("GRANT CREATE ON DATABASE shop TO follower")
        cluster.sql("CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded OWNER TO follower;"
                    "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                    "CREATE POLICY few ON guarded USING (id < 5)", database="shop")
    task = new_task(source, destination, existing_tables="accept",
                    source={"conninfo": source.conninfo("shop", user="follower")},
                    destination={"conninfo": destination.conninfo("shop", user="follower")})

    for end in ("source", "destination"):
        line, = check_lines(task, f"{end}.row_security")
        assert line.startswith("FAIL") and "public.guarded" in line and "BYPASSRLS" in line
