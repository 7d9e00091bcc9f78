-- A database a service, each with a role of its own; run once, by the image of PostgreSQL, when its folder is empty.
-- what fails is told without its text, in which a password stands
SET log_min_error_statement = panic;
\set user_password `cat /secrets/user-password`
\set auth_password `cat /secrets/auth-password`
CREATE ROLE gatehouse_user LOGIN PASSWORD :'user_password';
CREATE ROLE gatehouse_auth LOGIN PASSWORD :'auth_password';
CREATE DATABASE gatehouse_user OWNER gatehouse_user;
CREATE DATABASE gatehouse_auth OWNER gatehouse_auth;
REVOKE ALL ON DATABASE gatehouse_user, gatehouse_auth FROM PUBLIC;
